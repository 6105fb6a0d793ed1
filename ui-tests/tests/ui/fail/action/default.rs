//! An argument with a default.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(to: u8 = 5)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `=`: default, Option
//~ replace: u8 = 5 => Option<u8>
