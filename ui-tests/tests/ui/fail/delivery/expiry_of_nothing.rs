//! An expiry of what never waits.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = "discard", expiry = "5s")]
    level: u8,
}

fn main() {}

//~ `expiry`: contradicts, discard, level
//~ replace: , expiry = "5s" =>
