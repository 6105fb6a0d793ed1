//! A limit that the type does not reach.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 300)]
    level: u8,
}

fn main() {}

//~ `300`: max, u8
//~ fix: 255
