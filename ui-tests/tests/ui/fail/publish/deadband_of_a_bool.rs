//! A deadband of what is no number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(deadband = 1))]
    level: bool,
}

fn main() {}

//~ `deadband`: applies to numbers, bool, on_change
//~ replace: deadband = 1 => on_change
