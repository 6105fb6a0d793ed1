//! No kind at all.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "")]
    level: u8,
}

fn main() {}

//~ `""`: sensor, actuator, virtual
//~ fix: "sensor"
