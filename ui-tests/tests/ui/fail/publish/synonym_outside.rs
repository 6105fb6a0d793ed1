//! What others call it, beside the policy.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(heartbeat = "5m")]
    level: u8,
}

fn main() {}

//~ `heartbeat`: unknown, publish(max_interval = ..)
//~ replace: heartbeat = "5m" => publish(max_interval = "5m")
