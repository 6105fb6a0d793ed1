//! A serial number of a child in its attribute.
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Drone {
    #[asset]
    armed: bool,
}

#[derive(Device, Clone)]
pub struct Dock {
    #[device(child, sn = "D-1")]
    drone: Drone,
}

fn main() {}

//~ `sn`: unknown, child_sn
//~ replace: child, sn = "D-1" => child
