//! A thousand as a letter.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity = 64K)]
    level: u8,
}

fn main() {}

//~ `64K`: 64 * 1000
//~ fix: 64 * 1000
