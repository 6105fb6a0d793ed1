//! The handler does not implement the trait.
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

struct Driver;

pub async fn run(platform: Platform, greenhouse: Greenhouse) {
    let device = platform.device("GH-1", greenhouse).handler(Driver).connect().await.unwrap();
    println!("{}", device.temperature());
}

fn main() {}

//~ `Driver`: Driver, GreenhouseHandler
//~ replace: fn main() {} => impl GreenhouseHandler for Driver {↵    async fn on_vent(&mut self, _: &GreenhouseDevice, change: edge_runtime::Change<u8>) -> edge_runtime::HandlerResult<u8> {↵        Ok(change.value)↵    }↵}↵fn main() {}
