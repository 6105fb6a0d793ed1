//! The method does not take the device.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset(kind = "actuator")]
    vent: u8,
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

fn main() {}

//~ `&mut self, change: Change<u8>`: on_vent, GreenhouseHandler::on_vent
//~ replace: &mut self,  => &mut self, _: &GreenhouseDevice,
