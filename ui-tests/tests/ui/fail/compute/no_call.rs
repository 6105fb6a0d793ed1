//! A function, but not of what.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual", compute = now)]
    a: u8,
}

fn main() {}

//~ `now`: expected a function and the
