//! A device with a handler that takes its time: to be flooded, and to be killed. Its arguments: the broker, and how
//! many milliseconds the handler takes.

use std::time::Duration;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Change, Device, HandlerResult};

/// Two of them.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:test:valves:1")]
struct Valves {
    #[asset(kind = "actuator")]
    left: u32,
    #[asset(kind = "actuator")]
    right: u32,
}

/// Takes its time, and says what it does.
struct Patient(Duration);

impl Patient {
    #[allow(clippy::print_stdout, reason = "it is how the test hears of it")]
    async fn handle(&self, asset: &str, value: u32) -> u32 {
        println!("begins {asset} {value}");
        tokio::time::sleep(self.0).await;
        println!("ends {asset} {value}");
        value
    }
}

impl ValvesHandler for Patient {
    async fn on_left(&mut self, _: &ValvesDevice, change: Change<u32>) -> HandlerResult<u32> {
        Ok(self.handle("left", change.value).await)
    }

    async fn on_right(&mut self, _: &ValvesDevice, change: Change<u32>) -> HandlerResult<u32> {
        Ok(self.handle("right", change.value).await)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [broker, takes] = &arguments[..] else { return Err("valves BROKER MILLISECONDS".into()) };
    let platform = MemoryPlatform::new().with_broker(broker)?;
    let handler = Patient(Duration::from_millis(takes.parse()?));
    let _valves =
        platform.device("VALVES-1", Valves { left: 0, right: 0 }).handler(handler).connect().await?;
    std::future::pending().await
}
