//! Kinds are in lower case.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "Sensor")]
    level: u8,
}

fn main() {}

//~ `"Sensor"`: unknown, Sensor, sensor
//~ fix: "sensor"
