//! A child device among the keys of assets.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    armed: bool,
}

#[derive(Device, Clone)]
struct Dock {
    #[asset(child)]
    drone: Drone,
}

fn drone(dock: &DockDevice) -> DroneDevice {
    dock.drone()
}

fn main() {}

//~ `child`: unknown asset key, belongs, #[device(child)]
//~ replace: #[asset(child)] => #[device(child)]
