//! A kind without its key.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(actuator)]
    level: u8,
}

fn main() {}

//~ `actuator`: unknown, actuator, kind = "actuator"
//~ fix: kind = "actuator"
