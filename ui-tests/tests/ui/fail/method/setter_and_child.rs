//! A setter and the handle of a child of one name.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    battery: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[asset]
    drone: bool,
    #[device(child)]
    set_drone: Drone,
}

fn main() {}

//~ `set_drone`: set_drone, name = "set_drone"
//~ replace: #[device(child)]↵    set_drone => #[device(child, name = "set_drone")]↵    own_drone
