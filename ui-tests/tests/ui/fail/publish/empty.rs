//! A policy that says nothing.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish())]
    level: u8,
}

fn main() {}

//~ `publish`: says nothing, publish(on_change)
//~ replace: publish() => publish(on_change)
