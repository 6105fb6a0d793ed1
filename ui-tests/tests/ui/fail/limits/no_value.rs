//! A step of which no multiple is allowed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = 1, max = 4, step = 5)]
    level: u8,
}

fn main() {}

//~ `5`: no multiple of `step`, no value
//~ fix: 2
