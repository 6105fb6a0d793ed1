//! A number in quotes, of few.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(qos = "1")]
    level: u8,
}

fn main() {}

//~ `"1"`: qos, number, remove the quotes
//~ fix: 1
