//! The method returns no `Result`.
use edge_runtime::{Change, Device};

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset(kind = "actuator")]
    vent: u8,
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> u8 {
        change.value
    }
}

fn main() {}

//~ `u8`: impl Future<Output = u8>, u8
//~ replace: -> u8 => -> edge_runtime::HandlerResult<u8>
//~ replace: change.value => Ok(change.value)
