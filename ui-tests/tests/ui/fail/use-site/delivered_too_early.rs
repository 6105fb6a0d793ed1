//! The receipt is asked for before there is one.
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = u8::leading_zeros(level))]
    zeros: u32,
}

pub async fn run(lamp: LampDevice) {
    lamp.set_level(5).delivered().await.unwrap();
}

fn main() {}

//~ `delivered`: nothing is on its way
//~ replace: .delivered() => .await.unwrap().delivered()
