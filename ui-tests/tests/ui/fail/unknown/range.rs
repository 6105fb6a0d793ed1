//! Limits as a range.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(range = 0..100)]
    level: u8,
}

fn main() {}

//~ `range`: min = 0, max = 100
//~ replace: range = 0..100 => min = 0, max = 100
