//! The assets as a list.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(assets(level))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `assets`: a field of the struct, #[asset]
//~ replace: #[device(assets(level))]↵ =>
