//! The method takes the value without the change around it.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset(kind = "actuator")]
    vent: u8,
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, value: u8) -> HandlerResult<u8> {
        Ok(value)
    }
}

fn main() {}

//~ `u8`: on_vent
//~ replace: value: u8 => value: edge_runtime::Change<u8>
//~ replace: Ok(value) => Ok(value.value)
//~ misled: it proposes a type that is not imported, and leaves what is done with the value
