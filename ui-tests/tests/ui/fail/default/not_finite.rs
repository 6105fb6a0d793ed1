//! A default that is not a number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = f64::NAN)]
    level: f64,
}

fn main() {}

//~ `f64::NAN`: default, not a finite number
//~ fix: 0.0
