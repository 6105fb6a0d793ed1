//! The handler of the child is not given.
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Drone {
    #[asset(kind = "actuator")]
    light: bool,
}

#[derive(Device, Clone)]
pub struct Dock {
    #[asset]
    closed: bool,
    #[device(child)]
    drone: Drone,
}

struct Driver;

impl DockHandler for Driver {}

fn main() {}

//~ `impl DockHandler for Driver`: drone
