//! The device as its own value, called `Self`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    lamps: Vec<Self>,
}

fn main() {}

//~ `Self`: Lamp, AssetValue
//~ fix: u8
