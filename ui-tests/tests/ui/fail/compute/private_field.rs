//! Computed from a field that is no asset.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    level: f64,
    #[asset(kind = "virtual", compute = twice(level))]
    double: f64,
}

fn twice(level: f64) -> f64 {
    2.0 * level
}

fn main() {}

//~ `level`: is a field, #[asset]
//~ replace: level: f64,↵ => #[asset]↵    level: f64,↵
