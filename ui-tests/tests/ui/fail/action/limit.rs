//! A limit that no value of the argument's type has.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(#[arg(max = 300)] to: u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `300`: u8, 0..255
//~ fix: 255
