//! Two policies.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(on_change), publish(deadband = 1))]
    level: u8,
}

fn main() {}

//~ `publish`: first
//~ `publish`: given twice
//~ replace: publish(on_change), publish(deadband = 1) => publish(on_change, deadband = 1)
