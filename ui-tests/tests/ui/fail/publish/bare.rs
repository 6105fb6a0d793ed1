//! A policy without parentheses.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish)]
    level: u8,
}

fn main() {}

//~ `publish`: parentheses, publish(on_change)
//~ fix: publish(on_change)
