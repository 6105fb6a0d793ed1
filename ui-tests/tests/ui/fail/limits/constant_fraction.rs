//! A constant with a fraction, for an integer.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = LEAST)]
    level: u8,
}

const LEAST: f64 = 0.5;

fn main() {}

//~ `LEAST`: min, u8
//~ replace: 0.5 => 5.0
