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

//~ `on_drone`: on_drone, name = "on_drone"
//~ replace: #[device(child)]↵    on_drone => #[device(child, name = "on_drone")]↵    own_drone
