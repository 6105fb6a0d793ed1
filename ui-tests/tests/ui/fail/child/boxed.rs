//! A child in a box.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    level: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[device(child)]
    drone: Box<Drone>,
}

fn main() {}

//~ `Box<Drone>`: has its children itself, drone: Drone
//~ fix: Drone
