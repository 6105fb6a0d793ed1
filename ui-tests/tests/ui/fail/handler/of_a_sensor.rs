//! A sensor is not commanded, so it has no method.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset(kind = "actuator")]
    vent: u8,
    #[asset]
    light: u8,
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }

    async fn on_light(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

fn main() {}

//~ `async fn on_light(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {`: on_light, GreenhouseHandler
//~ replace: #[asset]↵    light => #[asset(kind = "actuator")]↵    light
