//! An arrow instead of an equals sign.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min => 5)]
    level: u8,
}

fn main() {}

//~ `=>`: min = 5
//~ replace: min => 5 => min = 5
