//! There is no such type; it is said once.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[device(child)]
    bulb: Bulbb,
}

#[derive(Device, Clone)]
struct Bulb {
    #[asset]
    hours: u32,
}

fn main() {}

//~ `Bulbb`: Bulbb
//~ replace: bulb: Bulbb => bulb: Bulb
