//! A quality that there is not.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(qos = 3)]
    level: u8,
}

fn main() {}

//~ `3`: qos, 0, 1, found `3`
//~ fix: 1
