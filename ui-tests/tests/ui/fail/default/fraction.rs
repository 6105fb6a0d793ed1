//! A fraction as the default of an integer.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = 0.5)]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `0.5`: u8, integer, float
//~ fix: 1
