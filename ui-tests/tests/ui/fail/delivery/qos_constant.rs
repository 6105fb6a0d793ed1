//! A constant, where few numbers are.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(qos = SURE)]
    level: u8,
}

const SURE: u8 = 1;

fn main() {}

//~ `SURE`: qos, 0, 1, found `SURE`
//~ fix: 1
