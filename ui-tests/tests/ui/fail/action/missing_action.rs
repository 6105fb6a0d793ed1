//! An action must be handled.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(reboot))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {}

fn main() {}

//~ `impl LampHandler for Driver`: reboot
//~ replace: impl LampHandler for Driver {} => impl LampHandler for Driver {↵    async fn reboot(&mut self, _: &LampDevice) -> edge_runtime::HandlerResult<()> {↵        Ok(())↵    }↵}
