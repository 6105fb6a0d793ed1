//! A child that may be absent.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    battery: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[asset]
    closed: bool,
    #[device(child)]
    drone: Option<Drone>,
}

pub fn run(dock: DockDevice) {
    println!("{}", dock.drone().battery());
}

fn main() {}

//~ `Option<Drone>`: #[device(child)], drone: Drone, add_child
//~ fix: Drone
