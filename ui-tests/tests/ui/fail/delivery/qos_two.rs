//! Exactly once, which there is not.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(qos = 2)]
    level: u8,
}

fn main() {}

//~ `2`: qos, 0, sent once, 1, acknowledged, enough
//~ fix: 1
