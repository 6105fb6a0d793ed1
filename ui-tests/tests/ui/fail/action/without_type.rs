//! An argument without a type.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(to)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `to`: to, type, f64
//~ fix: to: f64
