//! A trait of the user's has the handler's name.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

trait LampHandler {}

fn main() {}

//~ `trait LampHandler`: LampHandler, multiple times
//~ `Device`: found a trait
//~ replace: trait LampHandler {} => trait LampKeeper {}
