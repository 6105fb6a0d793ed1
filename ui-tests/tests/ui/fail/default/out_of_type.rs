//! A default that the type cannot hold.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = 256)]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `256`: u8, 0..255
//~ fix: 255
