//! A number in quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = "3")]
    level: u8,
}

fn main() {}

//~ `"3"`: min, 3
//~ fix: 3
