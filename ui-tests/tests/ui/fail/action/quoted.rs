//! An action is written as a method is.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action("reboot"))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn reboot(&mut self, _: &LampDevice) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `"reboot"`: action(reboot), name
//~ fix: reboot
