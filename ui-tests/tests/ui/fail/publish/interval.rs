//! An interval, without saying which of the two.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(interval = "5s")]
    level: u8,
}

fn main() {}

//~ `interval`: min_interval, max_interval, publish(
//~ replace: interval = "5s" => publish(min_interval = "5s")
