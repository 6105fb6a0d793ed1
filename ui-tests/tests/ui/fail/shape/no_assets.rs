//! A device without assets.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    level: u8,
}

fn main() {}

//~ `Lamp`: Lamp, #[asset(kind = "sensor")]
//~ replace: level: u8 => #[asset(kind = "sensor")]↵    level: u8
