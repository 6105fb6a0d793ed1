//! A limit that no float of 32 bits can have.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 1e300)]
    level: f32,
}

fn main() {}

//~ `1e300`: max, f32
//~ fix: 1e30
