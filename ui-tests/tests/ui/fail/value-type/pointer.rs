//! A pointer.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: *const u8,
}

fn main() {}

//~ `Lamp`: *const u8, sent
//~ `*const u8`: *const u8, asset
//~ fix: u8
