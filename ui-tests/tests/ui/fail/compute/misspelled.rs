//! A misspelled key, without which the asset is not computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: f64,
    #[asset(kind = "virtual", comput = twice(level))]
    double: f64,
}

fn twice(level: f64) -> f64 {
    2.0 * level
}

fn main() {}

//~ `comput`: unknown, compute
//~ fix: compute
