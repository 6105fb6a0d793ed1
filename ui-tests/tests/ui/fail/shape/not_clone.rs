//! Devices are cloned.
use edge_runtime::Device;

#[derive(Device)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `Lamp`: Lamp: Clone
//~ replace: derive(Device) => derive(Device, Clone)
