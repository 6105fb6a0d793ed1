//! A default without a value, of a whole number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default)]
    level: u8,
}

fn main() {}

//~ `default`: default = 20
//~ fix: default = 20
