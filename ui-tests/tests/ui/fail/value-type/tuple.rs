//! A tuple.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: (u8, u8, u8),
}

fn main() {}

//~ `(u8, u8, u8)`: `(u8
//~ fix: Vec<u8>
