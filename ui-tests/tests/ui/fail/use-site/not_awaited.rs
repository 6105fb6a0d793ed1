//! A setter that is not awaited does nothing.
#![deny(unused_must_use)]
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset]
    temperature: f64,
    #[asset(kind = "actuator")]
    vent: u8,
    #[asset(kind = "config")]
    period: u32,
}

pub fn run(device: GreenhouseDevice) {
    device.set_temperature(21.5);
}

fn main() {}

//~ `device.set_temperature(21.5)`: Set
//~ replace: pub fn run => pub async fn run
//~ replace: (21.5); => (21.5).await.unwrap();
