//! The handle of a child for the child.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    level: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[device(child)]
    drone: DroneDevice,
}

fn main() {}

//~ `DroneDevice`: not a device, not its handle
//~ fix: Drone
