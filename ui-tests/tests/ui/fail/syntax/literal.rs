//! A value without its key.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset("sensor")]
    level: u8,
}

fn main() {}

//~ `"sensor"`: key = value, kind = "sensor"
//~ fix: kind = "sensor"
