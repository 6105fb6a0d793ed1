//! A key of the other attribute.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(model = "urn:example:lamp:1")]
    level: u8,
}

fn main() {}

//~ `model`: unknown, model, #[device(model = ..)]
//~ replace: (model = "urn:example:lamp:1") =>
//~ replace: struct Lamp => #[device(model = "urn:example:lamp:1")]↵struct Lamp
