//! A default without a value, of a text.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default)]
    mode: String,
}

fn main() {}

//~ `default`: default = "off"
//~ fix: default = "off"
