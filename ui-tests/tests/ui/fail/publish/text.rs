//! A policy as a text.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish = "on_change")]
    level: u8,
}

fn main() {}

//~ `publish`: parentheses, publish(on_change)
//~ replace: publish = "on_change" => publish(on_change)
