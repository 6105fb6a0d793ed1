//! A constant, whose value no macro knows.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(overwrite_assets = OVERWRITE)]
struct Lamp {
    #[asset]
    level: u8,
}

const OVERWRITE: bool = true;

fn main() {}

//~ `OVERWRITE`: false, true, found a constant
//~ fix: true
