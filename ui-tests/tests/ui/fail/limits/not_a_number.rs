//! A constant that is no number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = MOST)]
    level: f64,
}

const MOST: bool = true;

fn main() {}

//~ `MOST`: bool, f64
//~ replace: bool = true => f64 = 1.0
