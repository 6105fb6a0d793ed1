//! A name that cannot stand on the wire.
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
    #[device(child, name = "left/drone")]
    drone: Drone,
}

pub fn run(dock: DockDevice) {
    println!("{}", dock.drone().battery());
}

fn main() {}

//~ `"left/drone"`: left/drone, _, -
//~ fix: "left-drone"
