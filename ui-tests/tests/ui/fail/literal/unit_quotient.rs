//! A unit without quotes, which is a calculation.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(unit = m/s)]
    level: f64,
}

fn main() {}

//~ `m/s`: unit = "m/s"
//~ fix: "m/s"
