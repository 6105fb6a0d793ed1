//! A device with a lifetime, a wrong limit and a handler; what uses the device is not complained of, and the limit is.
use edge_runtime::{Change, Changes, Device, HandlerResult, Platform};

#[derive(Device, Clone)]
#[device(action(dim(to: u8)))]
pub struct Lamp<'a> {
    pub name: &'a str,
    #[asset(kind = "actuator", min = 10, max = 5)]
    pub level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }

    async fn dim(&mut self, lamp: &LampDevice, to: u8) -> HandlerResult<()> {
        lamp.set_level(to).await?;
        Ok(())
    }

    async fn on_change(&mut self, _: &LampDevice, _: &Changes) -> HandlerResult<()> {
        Ok(())
    }
}

pub async fn run(platform: Platform) {
    let lamp = Lamp { name: "hall", level: 6 };
    let lamp = platform.device("LAMP-1", lamp).handler(Driver).connect().await.unwrap();
    lamp.set_level(7).await.unwrap();
}

fn main() {}

//~ `'a`: lifetime
//~ `5`: max, min
//~ fix: 20
//~ replace: Lamp<'a> => Lamp
//~ replace: &'a str => String
//~ replace: name: "hall" => name: "hall".to_owned()
