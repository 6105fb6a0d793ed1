//! A child of a type that is not written out.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Dock {
    #[device(child)]
    drone: impl Device,
}

fn main() {}

//~ `impl Device`: not allowed in field types
//~ fix: Drone
//~ replace: #[derive(Device, Clone)] => #[derive(Device, Clone)]↵struct Drone {↵    #[asset]↵    battery: u8,↵}↵↵#[derive(Device, Clone)]
