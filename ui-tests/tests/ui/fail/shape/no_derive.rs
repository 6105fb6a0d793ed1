//! `asset` without the derive.
#[derive(Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `asset`: asset
//~ replace: derive(Clone) => derive(edge_runtime::Device, Clone)
