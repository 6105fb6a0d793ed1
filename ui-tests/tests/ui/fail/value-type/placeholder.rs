//! A type that is left out.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: _,
}

fn main() {}

//~ `_`: _
//~ fix: u8
