//! A typing mistake in a key of the device.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(overwrite = true)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `overwrite`: unknown, overwrite, overwrite_assets
//~ fix: overwrite_assets
