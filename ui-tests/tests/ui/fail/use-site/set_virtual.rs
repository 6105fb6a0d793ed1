//! A computed asset has no setter.
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = u8::leading_zeros(level))]
    zeros: u32,
}

pub async fn run(lamp: LampDevice) {
    lamp.set_zeros(8).await.unwrap();
}

fn main() {}

//~ `set_zeros`: set_zeros, LampDevice
//~ replace: set_zeros => set_level
