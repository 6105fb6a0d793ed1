//! A device with a lifetime.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp<'a> {
    #[asset]
    level: u8,
    place: &'a str,
}

fn main() {}

//~ `'a`: Lamp
//~ replace: Lamp<'a> => Lamp
//~ replace: &'a str => String
