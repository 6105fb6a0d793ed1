//! Two constants that are one apart, beyond what a float can tell.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = u64::MAX, max = u64::MAX - 1)]
    level: u64,
}

fn main() {}

//~ `u64::MAX`: level, min, max
//~ replace: u64::MAX - 1 => u64::MAX
