//! A policy by another name.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(overwrite_assets = "never")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `"never"`: unknown, write `false`
//~ fix: false
