//! A typing mistake in a kind makes no error about its handler.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "actuatr")]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

fn main() {}

//~ `"actuatr"`: unknown, actuatr, actuator
//~ fix: "actuator"
