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
//~ fix: mean(a, b)
//~ replace: share: f64, => share: f64,↵    #[asset]↵    a: f64,↵    #[asset]↵    b: f64,
//~ replace: fn main() {} => fn mean(a: f64, b: f64) -> f64 {↵    (a + b) / 2.0↵}↵fn main() {}
