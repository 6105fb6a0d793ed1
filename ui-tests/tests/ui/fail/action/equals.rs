//! An action without parentheses, and its method all the same.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action = "reboot")]
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

//~ `action`: parentheses, action(reboot)
//~ replace: action = "reboot" => action(reboot)
