//! A range that is empty.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = 10, max = 5)]
    level: u8,
}

fn main() {}

//~ `5`: max, min, level
//~ fix: 20
