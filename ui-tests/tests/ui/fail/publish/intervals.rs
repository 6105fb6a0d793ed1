//! Intervals the wrong way round.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(min_interval = "5m", max_interval = "1s"))]
    level: u8,
}

fn main() {}

//~ `max_interval`: 1s, shorter, 5m
//~ replace: max_interval = "1s" => max_interval = "10m"
