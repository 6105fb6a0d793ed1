//! Whether the value was accepted is not looked at.
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
    lamp.set_level(5).await;
}

fn main() {}

//~ `lamp.set_level(5).await`: Result
//~ replace: .await; => .await.unwrap();
