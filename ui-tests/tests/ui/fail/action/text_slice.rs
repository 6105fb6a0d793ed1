//! An argument that is borrowed.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(say(text: &str)))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn say(&mut self, _: &LampDevice, _: &str) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `&str`: owned, text: String
//~ fix: String
//~ replace: _: &str => _: String
