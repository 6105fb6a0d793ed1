//! A constant where only a literal is read.
use edge_runtime::Device;

const URN: &str = "urn:example:lamp:1";

#[derive(Device, Clone)]
#[device(model = URN)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `URN`: string literal, constant
//~ fix: "urn:example:lamp:1"
