//! What is twice optional.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: Option<Option<u8>>,
}

fn main() {}

//~ `Option<Option<u8>>`: null, Option<u8>
//~ fix: Option<u8>
