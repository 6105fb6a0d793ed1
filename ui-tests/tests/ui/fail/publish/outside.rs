//! A policy's key beside the policy.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(deadband = 0.5)]
    level: f64,
}

fn main() {}

//~ `deadband`: belongs, publish(deadband = ..)
//~ replace: deadband = 0.5 => publish(deadband = 0.5)
