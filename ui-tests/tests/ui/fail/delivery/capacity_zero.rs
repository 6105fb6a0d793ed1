//! Room for nothing.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity = 0)]
    level: u8,
}

fn main() {}

//~ `0`: capacity, from 1, found `0`
//~ fix: 1
