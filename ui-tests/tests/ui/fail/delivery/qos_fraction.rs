//! A float.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(qos = 1.0)]
    level: u8,
}

fn main() {}

//~ `1.0`: qos, 0, 1, found `1.0`
//~ fix: 1
