//! A key that is not there yet is not let pass.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(on_change))]
    level: u8,
}

fn main() {}

//~ `publish`: unknown, publish, kind, retention
