//! A model's name for its URN.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(model = "Lamp 1")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `"Lamp 1"`: model, URN, white space
//~ fix: "urn:example:lamp:1"
