//! Stored until an acknowledgement that never comes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = "stored", qos = 0)]
    level: u8,
}

fn main() {}

//~ `qos`: contradicts, stored, level, acknowledged
//~ replace: qos = 0 => qos = 1
