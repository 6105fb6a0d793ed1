//! A function, but not of what.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual", compute = now)]
    a: u8,
}

fn main() {}

//~ `now`: expected a function and the
//~ fix: now()
//~ replace: fn main() {} => fn now() -> u8 {↵    5↵}↵fn main() {}
