//! A pattern instead of a name.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(move_to((x, y): (u8, u8))))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn move_to(&mut self, _: &LampDevice, (_x, _y): (u8, u8)) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `(`: name, type
//~ replace: (x, y): (u8, u8) => offset: f64
//~ replace: (_x, _y): (u8, u8) => _: f64
