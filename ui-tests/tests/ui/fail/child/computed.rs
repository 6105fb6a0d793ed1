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
//~ replace: charge(drone) => charge(reserve)
//~ replace: #[asset(kind = "virtual" => #[asset]↵    reserve: u8,↵    #[asset(kind = "virtual"
//~ replace: drone: Drone) => reserve: u8)
//~ replace: drone.battery => reserve
