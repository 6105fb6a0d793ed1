//! A typing mistake in a setter.
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

pub async fn run(device: GreenhouseDevice) {
    device.set_temprature(21.5).await.unwrap();
}

fn main() {}

//~ `set_temprature`: set_temprature, GreenhouseDevice
//~ fix: set_temperature
