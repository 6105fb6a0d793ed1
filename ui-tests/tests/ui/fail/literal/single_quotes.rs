//! A text in single quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = 'sensor')]
    level: u8,
}

fn main() {}

//~ `'sensor'`: character literal
//~ fix: "sensor"
