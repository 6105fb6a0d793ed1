//! A deadband below 0.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(deadband = -0.5))]
    level: f64,
}

fn main() {}

//~ `-0.5`: deadband, 0 or greater
//~ fix: 0.5
