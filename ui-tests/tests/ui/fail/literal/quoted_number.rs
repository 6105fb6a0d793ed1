//! A number in quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = "3")]
    level: u8,
}

fn main() {}
