//! A key without a value.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "sensor", min)]
    level: u8,
}

fn main() {}

//~ `min`: min, min = 0
//~ fix: min = 0
