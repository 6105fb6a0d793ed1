//! Only virtual assets are computed, and the default is a sensor.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(compute = share(level))]
    share: f64,
}

fn share(level: u8) -> f64 {
    level.into()
}

fn main() {}

//~ `compute`: kind = "virtual", share
//~ replace: (compute => (kind = "virtual", compute
