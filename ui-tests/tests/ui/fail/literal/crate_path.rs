//! A path in quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(crate = "edge_runtime")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `"edge_runtime"`: crate = ::edge_runtime
//~ fix: ::edge_runtime
