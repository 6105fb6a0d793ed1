//! A command and the handler of a child of one name.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    battery: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[asset(kind = "config")]
    drone: bool,
    #[device(child)]
    on_drone: Drone,
}

fn main() {}
