//! An actuator must be handled.
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

struct Driver;

impl GreenhouseHandler for Driver {}

fn main() {}

//~ `impl GreenhouseHandler for Driver`: on_vent
//~ replace: impl GreenhouseHandler for Driver {} => impl GreenhouseHandler for Driver {↵    async fn on_vent(&mut self, _: &GreenhouseDevice, change: edge_runtime::Change<u8>) -> edge_runtime::HandlerResult<u8> {↵        Ok(change.value)↵    }↵}
