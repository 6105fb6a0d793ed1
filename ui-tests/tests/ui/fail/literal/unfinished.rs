//! A value that is not finished.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = 5 +, max = 9)]
    level: u8,
}

fn main() {}

//~ `5 +`: min = 5
//~ fix: 5
