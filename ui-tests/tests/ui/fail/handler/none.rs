//! A device with an actuator is started without a handler.
use edge_runtime::{Device, Platform};

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset]
    temperature: f64,
    #[asset(kind = "actuator")]
    vent: u8,
    #[asset(kind = "config")]
    period: u32,
}

pub async fn run(platform: Platform, greenhouse: Greenhouse) {
    let device = platform.device("GH-1", greenhouse).connect().await.unwrap();
    println!("{}", device.temperature());
}

fn main() {}

//~ `platform.device("GH-1", greenhouse)`: GreenhouseHandler, .handler
//~ fix: platform.device("GH-1", greenhouse).handler(Driver)
//~ replace: fn main() {} => struct Driver;↵impl GreenhouseHandler for Driver {↵    async fn on_vent(&mut self, _: &GreenhouseDevice, change: edge_runtime::Change<u8>) -> edge_runtime::HandlerResult<u8> {↵        Ok(change.value)↵    }↵}↵fn main() {}
