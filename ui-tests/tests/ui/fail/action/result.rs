//! A result of an action.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(measure(times: u8) -> f64))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn measure(&mut self, _: &LampDevice, _: u8) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `-> f64`: no result, remove
//~ fix:
