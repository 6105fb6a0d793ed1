//! Another word for the kind.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(type = "sensor")]
    level: u8,
}

fn main() {}

//~ `type`: kind
//~ fix: kind
