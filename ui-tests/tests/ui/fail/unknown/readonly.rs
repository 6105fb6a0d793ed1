//! What the platform cannot set is a sensor.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(readonly)]
    level: u8,
}

fn main() {}

//~ `readonly`: kind = "sensor"
//~ fix: kind = "sensor"
