//! The limit of what may be unset, beyond what it can be.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 300)]
    level: Option<u8>,
}

fn main() {}

//~ `300`: max, Option<u8>
//~ replace: 300 => 30
