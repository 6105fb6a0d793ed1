//! An array.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: [u8; 3],
}

fn main() {}

//~ `[u8; 3]`: [u8; 3]
//~ fix: Vec<u8>
