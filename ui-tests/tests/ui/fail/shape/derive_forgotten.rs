//! The derive is imported, and forgotten.
use edge_runtime::Device;

#[derive(Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `asset`: asset, derive, Device
//~ replace: derive(Clone) => derive(Device, Clone)
