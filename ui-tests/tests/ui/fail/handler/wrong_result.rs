//! The handler returns another type.
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
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<f32> {
        Ok(change.value.into())
    }
}

fn main() {}

//~ `HandlerResult<f32>`: expected `impl Future<Output = Result<f32
//~ fix: HandlerResult<u8>
