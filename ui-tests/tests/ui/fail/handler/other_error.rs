//! The method returns an error of its own: any becomes a `HandlerError` with `?`.
use edge_runtime::{Change, Device};

#[derive(Device, Clone)]
pub struct Greenhouse {
    #[asset(kind = "actuator")]
    vent: u8,
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> Result<u8, std::io::Error> {
        Ok(change.value)
    }
}

fn main() {}

//~ `Result<u8, std::io::Error>`: expected `impl Future<Output = Result<u8
//~ replace: Result<u8, std::io::Error> => edge_runtime::HandlerResult<u8>
