//! A default below a constant minimum.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = LEAST, default = 5)]
    level: u8,
}

const LEAST: u8 = 10;

fn main() {}

//~ `5`: default, less than `min`
//~ fix: 10
