//! A virtual asset of a child.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    battery: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[device(child)]
    drone: Drone,
    #[asset(kind = "virtual", compute = charge(drone))]
    charge: u8,
}

fn charge(drone: Drone) -> u8 {
    drone.battery
}

fn main() {}

//~ `drone`: drone
