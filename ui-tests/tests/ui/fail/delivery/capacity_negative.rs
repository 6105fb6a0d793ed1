//! Room for less than nothing.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity = -1)]
    level: u8,
}

fn main() {}

//~ `-1`: capacity, from 1
//~ fix: 1
