//! Arguments instead of a value.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min(3))]
    level: u8,
}

fn main() {}

//~ `(`: =, min, min = 3
//~ replace: min(3) => min = 3
