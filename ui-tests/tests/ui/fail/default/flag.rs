//! A text as the default of a bool.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = "on")]
    on: bool,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `"on"`: expected `bool`
//~ fix: true
