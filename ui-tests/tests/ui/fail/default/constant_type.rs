//! A constant default of another type.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = FULL)]
    level: u8,
}

const FULL: u16 = 100;

fn main() {}

//~ `FULL`: expected `u8`, found `u16`
//~ replace: u16 => u8
