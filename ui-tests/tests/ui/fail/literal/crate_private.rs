//! A module that has private items of its own.
use edge_runtime::Device;

mod other {
    pub mod __private {}
}

#[derive(Device, Clone)]
#[device(crate = other)]
struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

fn main() {}

//~ `other`: items_of_edge_runtime
//~ fix: ::edge_runtime
