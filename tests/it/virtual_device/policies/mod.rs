//! What the platform is told, and when: publish policies, stale values, pipelines and their windows. The clock is paused.

mod batches;
mod crowded;
mod pipelines;
mod publish;
mod stale;
mod windows;

use std::future::Future;
use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Alert, Change, Device, HandlerResult};
use serde_json::Value;
use tokio::time::sleep;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

const SN: &str = "STATION-1";

/// Too much wind
#[derive(Alert)]
struct Storm {
    speed: f64,
}

#[derive(Device, Clone, Debug, PartialEq)]
#[device(alert(Storm))]
struct Station {
    #[asset(kind = "sensor", min = -40.0, max = 85.0, publish(on_change))]
    temperature: f64,
    #[asset(kind = "sensor", publish(deadband = 0.5))]
    pressure: f64,
    #[asset(kind = "sensor", publish(min_interval = "1s"))]
    wind: f64,
    #[asset(kind = "sensor", publish(on_change, max_interval = "1m"))]
    humidity: f64,
    #[asset(kind = "sensor", publish(max_interval = "1m"), stale_after = "10m")]
    rain: f64,
    #[asset(kind = "actuator", publish(on_change, min_interval = "1s"))]
    fan: u8,
    #[asset(kind = "virtual", compute = felt(temperature, pressure), publish(deadband = 1.0))]
    felt: f64,
    #[asset(kind = "sensor", pipeline = counted)]
    count: u32,
}

fn felt(temperature: f64, pressure: f64) -> f64 {
    temperature + pressure
}

fn counted() -> Pipeline<u32> {
    Pipeline::new().filter(|v| *v <= 5).eliminate_duplicates(Duration::from_secs(5))
}

struct Driver;

impl StationHandler for Driver {
    async fn on_fan(&mut self, _: &StationDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value.min(90))
    }
}

fn first() -> Station {
    Station {
        temperature: 20.0,
        pressure: 1.0,
        wind: 0.0,
        humidity: 50.0,
        rain: 0.0,
        fan: 0,
        felt: 0.0,
        count: 0,
    }
}

async fn start(memory: &MemoryPlatform) -> Result<StationDevice, Box<dyn std::error::Error>> {
    let station = memory.platform().device(SN, first()).handler(Driver).connect().await?;
    memory.message(|message| message.topic == format!("device/{SN}/state")).await;
    Ok(station)
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The values that an asset's topic has told.
fn told(memory: &MemoryPlatform, asset: &str) -> Vec<Value> {
    let topic = format!("device/{SN}/asset/{asset}/state");
    let states = memory.messages().into_iter().filter(|message| message.topic == topic);
    states
        .map(|message| serde_json::from_slice::<Value>(&message.payload).unwrap()["value"].clone())
        .collect()
}

/// Waits for it, but not for ever.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(300), future).await.expect("it comes within five minutes")
}

/// Waits until all that is in the outbox is acknowledged.
async fn delivered(station: &StationDevice) {
    let delivered = async {
        while station.stats().pending > 0 {
            sleep(ms(1)).await;
        }
    };
    soon(delivered).await;
}
