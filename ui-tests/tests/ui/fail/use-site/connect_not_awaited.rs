//! The device is used before it is connected.
use edge_runtime::{Device, Platform};

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset]
    level: u8,
}

pub async fn run(platform: Platform, lamp: Lamp) {
    let device = platform.device("L-1", lamp).connect();
    println!("{}", device.level());
}

fn main() {}

//~ `level`: Future, LampDevice
//~ replace: .connect(); => .connect().await.unwrap();
