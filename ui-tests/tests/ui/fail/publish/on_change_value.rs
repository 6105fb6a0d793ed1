//! A flag with a value.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(on_change = true))]
    level: u8,
}

fn main() {}

//~ `= true`: on_change, no value
//~ replace: on_change = true => on_change
