//! Several children in one field.
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
    drone: Vec<Drone>,
}

pub fn run(dock: DockDevice) {
    println!("{}", dock.drone().battery());
}

fn main() {}

//~ `Vec<Drone>`: #[device(child)], drone: Drone, add_child
//~ fix: Drone
