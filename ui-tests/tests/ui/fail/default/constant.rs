//! A constant default above the maximum.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 100, default = FULL)]
    level: u8,
}

const FULL: u8 = 255;

fn main() {}

//~ `FULL`: default, more than `max`
//~ replace: 255 => 100
