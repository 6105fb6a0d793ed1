//! A default above the maximum.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 100, default = 101)]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `101`: more than, max
//~ fix: 100
