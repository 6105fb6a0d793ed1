//! A default without a value, of a `bool`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default)]
    on: bool,
}

fn main() {}

//~ `default`: default = false
//~ fix: default = false
