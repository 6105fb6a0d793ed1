//! Every method has an argument `device` already.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(pair(device: String)))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn pair(&mut self, _: &LampDevice, _: String) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `device`: device, rename, #[arg(name = "device")]
//~ fix: #[arg(name = "device")] peer
