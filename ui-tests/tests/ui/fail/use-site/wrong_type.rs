//! A setter with a value of another type.
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
    device.set_temperature("hot").await.unwrap();
}

fn main() {}

//~ `"hot"`: mismatched types
//~ fix: 21.5
