//! A constant limit that no float of 32 bits can have.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = MOST)]
    level: f32,
}

const MOST: f64 = 1e300;

fn main() {}

//~ `MOST`: max, f32
//~ replace: 1e300 => 1e30
