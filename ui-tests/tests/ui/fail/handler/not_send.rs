//! The handler holds something that cannot move to another thread.
use edge_runtime::{Change, Device, HandlerResult};

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

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        let local = std::rc::Rc::new(change.value);
        std::future::ready(()).await;
        Ok(*local)
    }
}

fn main() {}

//~ `HandlerResult<u8>`: future cannot be sent between
//~ replace: std::rc::Rc => std::sync::Arc
