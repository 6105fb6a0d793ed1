//! The trait is implemented by hand as well.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

impl Device for Lamp {}

fn main() {}

//~ `Device`: conflicting implementation, `Lamp`, edge_runtime::Device
//~ replace: impl Device for Lamp {} =>
