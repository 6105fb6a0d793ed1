//! A virtual asset that is not computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual")]
    a: u8,
}

fn main() {}

//~ `"virtual"`: a
//~ fix: "virtual", compute = twice(b)
//~ replace: a: u8, => a: u8,↵    #[asset]↵    b: u8,
//~ replace: fn main() {} => fn twice(b: u8) -> u8 {↵    b * 2↵}↵fn main() {}
