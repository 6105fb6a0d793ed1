//! A device with a constant parameter.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp<const N: usize> {
    #[asset]
    level: u8,
    bulbs: [u8; N],
}

fn main() {}

//~ `N`: Lamp
//~ replace: Lamp<const N: usize> => Lamp
//~ replace: [u8; N] => [u8; 3]
