//! The receiver among the arguments.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(dim(&mut self, to: u8)))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn dim(&mut self, _: &LampDevice, _: u8) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `&`: &mut self, argument
//~ replace: &mut self, to: u8 => offset: f64
//~ replace: _: u8) => _: f64)
