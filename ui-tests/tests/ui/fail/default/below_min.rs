//! A default below the minimum.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = -40.0, default = -40.5)]
    level: f64,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `-40.5`: less than, min
//~ fix: -40.0
