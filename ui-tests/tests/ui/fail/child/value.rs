//! A flag with a value.
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
    #[device(child = true)]
    drone: Drone,
}

pub fn run(dock: DockDevice) {
    println!("{}", dock.drone().battery());
}

fn main() {}

//~ `= true`: child, #[device(child)]
//~ replace: child = true => child
