//! The method of an action is called as the action is.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(reboot))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_reboot(&mut self, _: &LampDevice) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `async fn on_reboot(&mut self, _: &LampDevice) -> HandlerResult<()> {`: on_reboot, similar name
//~ `impl LampHandler for Driver`: missing, reboot
//~ replace: on_reboot => reboot
