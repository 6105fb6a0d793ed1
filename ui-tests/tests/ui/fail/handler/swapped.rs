//! The arguments in the other order.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, change: Change<u8>, _: &LampDevice) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

fn main() {}

//~ `Change<u8>`: expected `&LampDevice`
//~ replace: change: Change<u8>, _: &LampDevice => _: &LampDevice, change: Change<u8>
//~ misled: it proposes the type alone, and then there are two of it
