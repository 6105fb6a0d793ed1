//! A device with a parameter.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp<T> {
    #[asset]
    level: T,
}

pub fn lamp() -> Lamp<u8> {
    Lamp { level: 5 }
}

fn main() {}

//~ `T`: Lamp
//~ replace: Lamp<T> => Lamp
//~ replace: level: T => level: u8
//~ replace: -> Lamp<u8> => -> Lamp
