//! A number as the default of a text.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = 5)]
    label: String,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `5`: String, text
//~ fix: "5"
