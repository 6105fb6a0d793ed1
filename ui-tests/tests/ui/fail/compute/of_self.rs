//! A field of `self`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Meter {
    #[asset]
    volts: f64,
    #[asset(kind = "virtual", compute = power(self.volts))]
    watts: f64,
}

pub fn power(volts: f64) -> f64 {
    volts * 5.0
}

fn main() {}

//~ `self.volts`: write, volts
//~ fix: volts
