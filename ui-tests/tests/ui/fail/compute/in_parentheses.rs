//! Parentheses instead of `=`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: f64,
    #[asset(kind = "virtual", compute(twice(level)))]
    double: f64,
}

fn twice(level: f64) -> f64 {
    2.0 * level
}

fn main() {}

//~ `(`: compute = twice(level)
//~ replace: compute(twice(level)) => compute = twice(level)
