//! Room for a float.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity_bytes = 1e6)]
    level: u8,
}

fn main() {}

//~ `1e6`: capacity_bytes, integer, found `1e6`
//~ fix: 1000000
