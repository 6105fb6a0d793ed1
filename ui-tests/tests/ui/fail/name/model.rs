//! A model without a URN.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(model = "")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `""`: model, empty, default
//~ replace: #[device(model = "")]↵ =>
