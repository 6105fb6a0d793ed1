//! The name on the wire instead of the field.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Meter {
    #[asset(name = "tension")]
    volts: f64,
    #[asset(kind = "virtual", compute = power(tension))]
    watts: f64,
}

pub fn power(volts: f64) -> f64 {
    volts * 5.0
}

fn main() {}

//~ `tension`: wire, volts
//~ fix: volts
