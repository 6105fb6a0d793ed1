//! A deadband in quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(deadband = "0.5"))]
    level: f64,
}

fn main() {}

//~ `"0.5"`: number, found a string, 0.5
//~ fix: 0.5
