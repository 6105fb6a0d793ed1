//! A batch's key in a policy.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(every = "5m"))]
    level: u8,
}

fn main() {}

//~ `every`: unknown, max_interval
//~ fix: max_interval
