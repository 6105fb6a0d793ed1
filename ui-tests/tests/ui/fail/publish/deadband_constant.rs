//! A deadband below 0, as only rustc knows.
use edge_runtime::Device;

const WIDTH: f64 = -0.5;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(deadband = WIDTH))]
    level: f64,
}

fn main() {}

//~ `WIDTH`: deadband, less than 0
//~ replace: -0.5 => 0.5
