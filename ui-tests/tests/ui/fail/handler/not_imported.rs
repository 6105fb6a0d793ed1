//! The trait is in another module, and not imported.
mod lamp {
    use edge_runtime::Device;

    #[derive(Device, Clone)]
    pub struct Lamp {
        #[asset(kind = "actuator")]
        level: u8,
    }
}

use edge_runtime::{Change, HandlerResult};
use lamp::LampDevice;

struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

fn main() {}

//~ `LampHandler`: LampHandler, importing
//~ replace: use lamp::LampDevice; => use lamp::{LampDevice, LampHandler};
