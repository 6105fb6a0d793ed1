//! A number instead of a word.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = 3)]
    level: u8,
}

fn main() {}

//~ `3`: kind = "sensor"
//~ fix: "sensor"
