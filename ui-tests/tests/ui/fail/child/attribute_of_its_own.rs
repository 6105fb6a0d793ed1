//! `child` as an attribute of its own.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    armed: bool,
}

#[derive(Device, Clone)]
struct Dock {
    #[child]
    drone: Drone,
}

fn main() {}

//~ `child`: cannot find attribute
//~ replace: #[child] => #[device(child)]
