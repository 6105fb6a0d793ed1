//! A constant that is no finite number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = MOST)]
    level: f64,
}

const MOST: f64 = f64::INFINITY;

fn main() {}

//~ `MOST`: max
//~ replace: INFINITY => MAX
