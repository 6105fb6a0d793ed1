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
        let applied = Ok(change);
        applied
    }
}

fn main() {}

//~ `applied`: expected `Result<u8, HandlerError>`, Change<u8>
//~ replace: Ok(change) => Ok(change.value)
