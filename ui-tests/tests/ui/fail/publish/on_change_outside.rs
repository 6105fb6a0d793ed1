//! A policy's key beside the policy.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(on_change)]
    level: f64,
}

fn main() {}

//~ `on_change`: belongs, publish(on_change)
//~ fix: publish(on_change)
