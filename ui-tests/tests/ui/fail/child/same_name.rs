//! Two children of one name.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    battery: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[device(child)]
    left: Drone,
    #[device(child, name = "left")]
    right: Drone,
}

fn main() {}

//~ `left`: left
//~ `"left"`: left
//~ fix: "right"
