//! An interval without a unit.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(min_interval = 5))]
    level: u8,
}

fn main() {}

//~ `5`: min_interval, one number and one unit
//~ fix: "90s"
