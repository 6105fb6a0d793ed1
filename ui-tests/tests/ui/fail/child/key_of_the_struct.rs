//! A key of the struct on a field.
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
    #[device(child, model = "urn:example:drone:1")]
    drone: Drone,
}

fn main() {}

//~ `model`: unknown, model, #[device(model = ..)]
//~ replace: , model = "urn:example:drone:1" =>
//~ replace: struct Drone => #[device(model = "urn:example:drone:1")]↵struct Drone
