//! Not an assignment.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min == 1)]
    level: u8,
}

fn main() {}

//~ `==`: =, min, min = 1
//~ replace: min == 1 => min = 1
