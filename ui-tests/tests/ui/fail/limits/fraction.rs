//! A fraction as the limit of an integer.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = 0.5)]
    level: u8,
}

fn main() {}

//~ `0.5`: min, u8
//~ fix: 1
