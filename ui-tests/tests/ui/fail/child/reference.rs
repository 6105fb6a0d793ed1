//! A borrowed child.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Bulb {
    #[asset]
    hours: u32,
}

#[derive(Device, Clone)]
struct Lamp {
    #[device(child)]
    bulb: &'static Bulb,
}

fn main() {}

//~ `&'static Bulb`: itself, bulb: Bulb
//~ fix: Bulb
