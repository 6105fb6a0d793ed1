//! An expression instead of a function.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = level / 100.0)]
    share: f64,
}

fn main() {}

//~ `level / 100.0`: expected a function and the
//~ fix: share(level)
//~ replace: fn main() {} => fn share(level: u8) -> f64 {↵    f64::from(level) / 100.0↵}↵fn main() {}
