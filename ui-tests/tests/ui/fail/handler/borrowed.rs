//! The handler is lent, not given.
use edge_runtime::{Change, Device, HandlerResult, Platform};

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset(kind = "actuator")]
    vent: u8,
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

pub async fn run(platform: Platform, greenhouse: Greenhouse) {
    platform.device("GH-1", greenhouse).handler(&mut Driver).connect().await.unwrap();
}

fn main() {}

//~ `&mut Driver`: &mut Driver, Greenhouse
//~ replace: &mut Driver => Driver
