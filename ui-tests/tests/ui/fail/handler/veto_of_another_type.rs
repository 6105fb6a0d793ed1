//! `on_change` gives nothing back.
use edge_runtime::{Changes, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(kind = "config")]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_change(&mut self, _: &LampDevice, changes: &Changes) -> HandlerResult<bool> {
        Ok(changes.len() > 1)
    }
}

fn main() {}

//~ `HandlerResult<bool>`: bool, HandlerError
//~ fix: HandlerResult<()>
//~ replace: Ok(changes.len() > 1) => Ok(drop(changes.len()))
