//! What is said of all assets, said of one.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(overwrite = true)]
    level: u8,
}

fn main() {}

//~ `overwrite`: unknown asset key, on the struct
//~ replace: #[asset(overwrite = true)] => #[asset]
//~ replace: struct Lamp => #[device(overwrite_assets = true)]↵struct Lamp
