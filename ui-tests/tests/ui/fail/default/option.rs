//! The default of an `Option` without `Some`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = 5)]
    level: Option<u8>,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `5`: expected `Option<u8>`, Some
//~ fix: Some(5)
