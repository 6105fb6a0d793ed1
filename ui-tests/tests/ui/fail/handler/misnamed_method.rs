//! A typing mistake in a method, next to the right one.
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
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }

    async fn on_periode(&mut self, _: &GreenhouseDevice, change: Change<u32>) -> HandlerResult<u32> {
        Ok(change.value)
    }
}

fn main() {}

//~ `async fn on_periode(&mut self, _: &GreenhouseDevice, change: Change<u32>) -> HandlerResult<u32> {`: on_periode, GreenhouseHandler
//~ replace: on_periode => on_period
