//! What others call it.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(heartbeat = "5m"))]
    level: u8,
}

fn main() {}

//~ `heartbeat`: unknown, max_interval
//~ fix: max_interval
