//! The kind is written as an attribute of its own.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[sensor]
    level: u8,
}

fn main() {}

//~ `sensor`: sensor
//~ fix: asset(kind = "sensor")
