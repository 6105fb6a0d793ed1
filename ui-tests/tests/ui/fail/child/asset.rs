//! An asset that is a child as well.
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
    #[asset]
    #[device(child)]
    drone: Drone,
}

pub fn run(dock: DockDevice) {
    println!("{}", dock.drone().battery());
}

fn main() {}

//~ `child`: drone, #[asset], #[device(child)]
//~ replace: #[asset]↵    #[device(child)] => #[device(child)]
