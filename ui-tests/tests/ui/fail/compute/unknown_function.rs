//! There is no such function.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = share(level))]
    share: f64,
}

fn main() {}

//~ `share`: share
//~ replace: fn main() {} => fn share(level: u8) -> f64 {↵    f64::from(level) / 100.0↵}↵fn main() {}
