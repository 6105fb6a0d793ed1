//! The attribute itself is misspelled.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[aset]
    level: u8,
    #[asset]
    on: bool,
}

fn main() {}

//~ `aset`: aset
//~ fix: asset
