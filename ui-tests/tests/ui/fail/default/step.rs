//! A default that is no multiple of the step.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(step = 5, default = 7)]
    level: u8,
}

fn main() {}

//~ `7`: default, no multiple of `step`
//~ fix: 10
