//! The user's own crate.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(crate = crate)]
struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

fn main() {}

//~ `crate`: items_of_edge_runtime
//~ fix: ::edge_runtime
