//! The device of these tests: everything that a transaction, a name or a model can meet.

use edge_runtime::testing::{MemoryPlatform, Message};
use edge_runtime::{Change, ConnectError, Device, HandlerResult, Value};

pub(crate) const SN: &str = "GH-1";

/// Keeps a greenhouse cool.
#[derive(Device, Clone, Debug, PartialEq)]
#[device(model = "urn:test:house:1", vendor = "Acme", action(reboot, alias = "restart"), action(calibrate(offset: f64)))]
pub(crate) struct House {
    /// Air temperature
    #[asset(kind = "sensor", alias = "temp", unit = "°C", min = -40.0, max = 85.0, default = 20)]
    pub(crate) temperature: f64,
    #[asset(kind = "sensor", unit = "%", max = 100, default = 50)]
    pub(crate) humidity: u8,
    #[asset(kind = "virtual", max = 180, compute = sum(temperature, humidity))]
    pub(crate) sum: f64,
    #[asset(kind = "actuator", alias = "flap", unit = "%", max = 100)]
    pub(crate) vent: u8,
    #[asset(kind = "config", unit = "s", min = 1, max = 3600, default = 60)]
    pub(crate) period: u32,
    #[asset(kind = "sensor")]
    pub(crate) note: Option<f64>,
    #[asset(kind = "sensor", default = "new")]
    pub(crate) label: String,
}

fn sum(temperature: f64, humidity: u8) -> f64 {
    temperature + f64::from(humidity)
}

impl House {
    pub(crate) fn new() -> Self {
        let label = "green".to_owned();
        Self { temperature: 20.0, humidity: 50, sum: 0.0, vent: 0, period: 60, note: None, label }
    }
}

pub(crate) struct Driver;

impl HouseHandler for Driver {
    async fn on_vent(&mut self, _: &HouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        if change.value == 13 { Err("the vent is stuck".into()) } else { Ok(change.value) }
    }

    async fn reboot(&mut self, _: &HouseDevice) -> HandlerResult<()> {
        Ok(())
    }

    async fn calibrate(&mut self, _: &HouseDevice, _: f64) -> HandlerResult<()> {
        Ok(())
    }
}

pub(crate) async fn start(memory: &MemoryPlatform) -> Result<HouseDevice, ConnectError> {
    memory.platform().device(SN, House::new()).handler(Driver).connect().await
}

/// What was said of states so far, without the first whole state: topics and payloads.
pub(crate) fn said(memory: &MemoryPlatform) -> Vec<(String, Value)> {
    let states = memory.messages().into_iter().filter(|message| message.topic.ends_with("/state"));
    states.skip(1).map(|message| (message.topic.clone(), json(&message))).collect()
}

pub(crate) fn json(message: &Message) -> Value {
    serde_json::from_slice(&message.payload).unwrap()
}

/// Commands an asset, or several; waits for the outcome.
pub(crate) async fn command(memory: &MemoryPlatform, topic: &str, payload: Value) -> Value {
    memory.publish(topic, payload.to_string());
    let id = payload["id"].clone();
    let answers = |message: &Message| message.topic.ends_with("/outcome") && json(message)["id"] == id;
    json(&memory.message(answers).await)
}
