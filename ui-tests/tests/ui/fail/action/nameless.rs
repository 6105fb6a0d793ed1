//! An argument without a name.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `u8`: a name, value: u8
//~ fix: value: u8
