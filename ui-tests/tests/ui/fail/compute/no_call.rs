//! A function, but not of what.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual", compute = now)]
    a: u8,
}

fn main() {}

//~ `now`: expected a function and the
//~ fix: mean(a, b)
//~ replace: a: u8, => c: f64,↵    #[asset]↵    a: f64,↵    #[asset]↵    b: f64,
//~ replace: fn main() {} => fn mean(a: f64, b: f64) -> f64 {↵    (a + b) / 2.0↵}↵fn main() {}
