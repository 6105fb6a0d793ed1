//! A word in quotes that is none.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(overwrite_assets = "true")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `"true"`: unknown, false, true
//~ fix: true
