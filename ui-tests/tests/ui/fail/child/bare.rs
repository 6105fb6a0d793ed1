//! An attribute that says nothing.
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
    #[device]
    drone: Drone,
}

pub fn run(dock: DockDevice) {
    println!("{}", dock.drone().battery());
}

fn main() {}

//~ `device`: device, #[device(child)], #[asset]
//~ fix: device(child)
