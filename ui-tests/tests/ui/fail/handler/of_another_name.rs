//! The trait is called after the device: `LampHandler`.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

struct Driver;

impl Handler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

fn main() {}

//~ `Handler`: Handler
//~ fix: LampHandler
