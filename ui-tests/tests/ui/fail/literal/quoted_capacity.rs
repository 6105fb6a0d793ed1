//! A count in quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity = "1000")]
    level: u8,
}

fn main() {}

//~ `"1000"`: capacity, number, remove the quotes
//~ fix: 1000
