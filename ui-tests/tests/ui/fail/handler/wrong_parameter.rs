//! The handler takes another type.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset]
    temperature: f64,
    #[asset(kind = "actuator")]
    vent: u8,
    #[asset(kind = "config")]
    period: u32,
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<f32>) -> HandlerResult<u8> {
        Ok(change.value as u8)
    }
}

fn main() {}

//~ `Change<f32>`: on_vent
//~ fix: Change<u8>
