//! A child of a type that is no device.
use edge_runtime::Device;

#[derive(Clone)]
struct Drone {
    battery: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[asset(kind = "actuator")]
    closed: bool,
    #[device(child)]
    drone: Drone,
}

fn main() {}

//~ `Drone`: Drone
//~ replace: #[derive(Clone)]↵struct Drone { => #[derive(Device, Clone)]↵struct Drone {↵    #[asset(kind = "sensor")]
