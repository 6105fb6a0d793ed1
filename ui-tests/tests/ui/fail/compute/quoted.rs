//! A call in quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Meter {
    #[asset]
    volts: f64,
    #[asset(kind = "virtual", compute = "power(volts)")]
    watts: f64,
}

pub fn power(volts: f64) -> f64 {
    volts * 5.0
}

fn main() {}

//~ `"power(volts)"`: remove the quotes
//~ fix: power(volts)
