//! An asynchronous function: rustc names the asset.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Meter {
    #[asset]
    volts: f64,
    #[asset(kind = "virtual", compute = power(volts))]
    watts: f64,
}

async fn power(volts: f64) -> f64 {
    volts * 5.0
}

fn main() {}

//~ `power(volts)`: expected `f64`, future
//~ replace: async fn => fn
