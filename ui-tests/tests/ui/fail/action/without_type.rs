//! An argument without a type.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(dim(to)))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn dim(&mut self, _: &LampDevice, _: f64) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `to`: to, type, f64
//~ fix: to: f64
