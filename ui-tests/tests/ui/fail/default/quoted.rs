//! A number in quotes as a default.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = "5")]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `"5"`: number, quotes
//~ fix: 5
