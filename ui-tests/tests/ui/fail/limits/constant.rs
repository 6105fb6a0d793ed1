//! A range that is empty, as rustc finds.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = LEAST, max = 5)]
    level: u8,
}

const LEAST: u8 = 10;

fn main() {}

//~ `LEAST`: level, min, max
//~ replace: u8 = 10 => u8 = 1
