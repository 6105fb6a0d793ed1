//! An interval of a policy, without saying which of the two.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(interval = "5s"))]
    level: u8,
}

fn main() {}

//~ `interval`: min_interval, max_interval
//~ fix: min_interval
