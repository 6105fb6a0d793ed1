//! An argument of another type than is declared.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(dim(to: u8)))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn dim(&mut self, _: &LampDevice, to: f32) -> HandlerResult<()> {
        println!("{to}");
        Ok(())
    }
}

fn main() {}

//~ `f32`: u8, f32
//~ fix: u8
