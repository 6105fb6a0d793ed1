//! `asset` on an impl.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

#[asset]
impl Lamp {}

fn main() {}

//~ `asset`: asset, Device
//~ replace: #[asset]↵impl Lamp {} =>
