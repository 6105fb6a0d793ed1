//! A function.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: fn() -> u8,
}

fn main() {}

//~ `fn() -> u8`: fn() -> u8
//~ fix: u8
