//! A policy's key without a value beside the policy, misspelled.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(onchange)]
    level: u8,
}

fn main() {}

//~ `onchange`: unknown, publish(on_change)
//~ fix: publish(on_change)
