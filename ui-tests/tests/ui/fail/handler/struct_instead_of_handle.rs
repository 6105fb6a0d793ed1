//! The struct where the handle is given: rustc shows the field.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &Lamp, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

fn main() {}

//~ `&Lamp`: LampDevice, Lamp
//~ fix: &LampDevice
