//! The change instead of its value.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change)
    }
}

fn main() {}

//~ `change`: expected `u8`, Change<u8>
//~ fix: change.value
