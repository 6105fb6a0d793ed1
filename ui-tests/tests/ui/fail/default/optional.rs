//! A default above the maximum, of what may be unset.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 5, default = Some(7))]
    level: Option<u8>,
}

fn main() {}

//~ `7`: default, more than, max
//~ fix: 5
