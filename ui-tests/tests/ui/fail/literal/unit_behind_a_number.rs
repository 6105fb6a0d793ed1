//! A unit behind a limit.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = 5C)]
    level: f64,
}

fn main() {}

//~ `5C`: `5C`, remove, `unit = "C"`
//~ fix: 5
