//! An action has the name of a method that every handler has.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(on_change))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_change(&mut self, _: &LampDevice) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `on_change`: every handler, on_change, rename the action
//~ fix: exchange, name = "on_change"
//~ replace: async fn on_change => async fn exchange
