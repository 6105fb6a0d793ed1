//! A keyword as an action.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(move))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn r#move(&mut self, _: &LampDevice) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `move`: keyword, r#move
//~ fix: r#move
