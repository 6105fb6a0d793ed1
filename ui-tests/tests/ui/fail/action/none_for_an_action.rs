//! A device with an action is started without a handler.
use edge_runtime::{Device, Platform};

#[derive(Device, Clone)]
#[device(action(reboot))]
pub struct Lamp {
    #[asset]
    level: u8,
}

pub async fn run(platform: Platform, lamp: Lamp) {
    let device = platform.device("LAMP-1", lamp).connect().await.unwrap();
    println!("{}", device.level());
}

fn main() {}

//~ `platform.device("LAMP-1", lamp)`: Lamp
//~ fix: platform.device("LAMP-1", lamp).handler(Driver)
//~ replace: fn main() {} => struct Driver;↵impl LampHandler for Driver {↵    async fn reboot(&mut self, _: &LampDevice) -> edge_runtime::HandlerResult<()> {↵        Ok(())↵    }↵}↵fn main() {}
