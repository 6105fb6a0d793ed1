//! The attribute of an asset on an argument.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(#[asset(max = 5)] to: u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `asset`: arg
//~ fix: arg
//~ replace: max = 5 => max = 100
