//! A policy's key beside the policy, misspelled.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(dead_band = 1)]
    level: u8,
}

fn main() {}

//~ `dead_band`: unknown, publish(deadband = ..)
//~ replace: dead_band = 1 => publish(deadband = 1)
