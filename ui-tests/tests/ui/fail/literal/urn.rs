//! A URN without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(model = urn:example:lamp:1)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `urn:example:lamp:1`: no value of `model`, "urn:example:lamp:1"
//~ fix: "urn:example:lamp:1"
