//! An update that is not awaited does nothing.
#![deny(unused_must_use)]
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = u8::leading_zeros(level))]
    zeros: u32,
}

pub async fn run(lamp: LampDevice) {
    lamp.update(|lamp| lamp.level = 5);
}

fn main() {}

//~ `lamp.update(|lamp| lamp.level = 5)`: Update
//~ replace: level = 5); => level = 5).await.unwrap();
