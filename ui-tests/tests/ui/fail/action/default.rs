//! An argument with a default.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(dim(to: u8 = 5)))]
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

//~ `=`: default, Option
//~ replace: u8 = 5 => Option<u8>
//~ replace: _: u8) -> => _: Option<u8>) ->
