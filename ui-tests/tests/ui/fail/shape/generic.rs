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
