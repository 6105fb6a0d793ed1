//! A step that goes nowhere.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(step = 0)]
    level: u8,
}

fn main() {}

//~ `0`: step
//~ fix: 1
