//! The device of these tests, and a handler whose behaviour the values decide and which notes what it hears.

use std::sync::{Arc, Mutex};

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{
    Change, Changes, ConnectError, Device, ErrorEvent, HandlerError, HandlerResult, Platform,
};
use serde_json::{Value, json};

pub(crate) const SN: &str = "M-1";

/// Turns.
#[derive(Device, Clone, Debug, PartialEq)]
#[device(model = "urn:test:motor:1")]
#[device(action(reboot, alias = "restart"), action(jam, timeout = "2s"), action(crash, name = "crash-now"))]
#[device(action(
    calibrate(#[arg(min = -5.0, max = 5.0, unit = "°C")] offset: f64, mode: Mode, note: Option<String>),
    description = "Moves the scale."
))]
pub(crate) struct Motor {
    #[asset(kind = "actuator", max = 100)]
    pub(crate) speed: u8,
    #[asset(kind = "actuator")]
    pub(crate) forward: bool,
    #[asset(kind = "config", max = 1000, timeout = "1s")]
    pub(crate) limit: u16,
    #[asset(kind = "sensor", max = 200.0)]
    pub(crate) temperature: f64,
    #[asset(kind = "sensor", alias = "watts", retention = "discard")]
    pub(crate) power: f64,
    #[asset(kind = "virtual", compute = doubled(speed))]
    pub(crate) twice: u16,
}

/// How a scale is moved.
#[derive(edge_runtime::AssetValue, Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    Coarse,
    Fine,
}

fn doubled(speed: u8) -> u16 {
    2 * u16::from(speed)
}

impl Motor {
    pub(crate) fn new() -> Self {
        Self { speed: 0, forward: true, limit: 100, temperature: 20.0, power: 0.0, twice: 0 }
    }
}

/// What a handler heard, in its order. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub(crate) fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    /// All so far, and from now on none of them.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Driver(pub(crate) Notes);

impl MotorHandler for Driver {
    async fn on_speed(&mut self, motor: &MotorDevice, change: Change<u8>) -> HandlerResult<u8> {
        let Change { previous, value, .. } = change;
        self.0.add(format!("speed {previous}->{value}, is {}", motor.speed()));
        match value {
            13 => Err("stuck".into()),
            14 => Err(HandlerError::failed("stuck half way")),
            66 => panic!("a bug in the handler"),
            77 => std::future::pending().await,
            99 => Ok(101),
            value => Ok(value.min(90)),
        }
    }

    async fn on_forward(&mut self, _: &MotorDevice, change: Change<bool>) -> HandlerResult<bool> {
        self.0.add(format!("forward {}->{}", change.previous, change.value));
        Ok(change.value)
    }

    async fn on_limit(&mut self, _: &MotorDevice, change: Change<u16>) -> HandlerResult<u16> {
        self.0.add(format!("limit {}->{}", change.previous, change.value));
        Ok(change.value)
    }

    async fn reboot(&mut self, motor: &MotorDevice) -> HandlerResult<()> {
        self.0.add("reboot");
        motor.set_temperature(0.0).await?;
        Ok(())
    }

    async fn jam(&mut self, _: &MotorDevice) -> HandlerResult<()> {
        self.0.add("jam");
        std::future::pending().await
    }

    async fn crash(&mut self, _: &MotorDevice) -> HandlerResult<()> {
        panic!("a bug in the action")
    }

    async fn calibrate(
        &mut self,
        motor: &MotorDevice,
        offset: f64,
        mode: Mode,
        note: Option<String>,
    ) -> HandlerResult<()> {
        self.0.add(format!("calibrate {offset} {mode:?} {note:?} of {}", motor.id()));
        if note.as_deref() == Some("no") {
            return Err("not now".into());
        }
        Ok(())
    }

    async fn on_change(&mut self, motor: &MotorDevice, changes: &Changes) -> HandlerResult<()> {
        let all = changes.iter().map(|it| format!("{} {}->{}", it.name, it.previous, it.value));
        self.0.add(format!("all of {}: {}", motor.id(), all.collect::<Vec<_>>().join(", ")));
        match changes.get::<u16>("limit")?.map(|change| change.value) {
            Some(13) => Err("nothing with 13".into()),
            Some(66) => panic!("a bug over changes"),
            Some(77) => std::future::pending().await,
            _ => Ok(()),
        }
    }

    async fn on_error(&mut self, motor: &MotorDevice, error: &ErrorEvent) {
        self.0.add(format!("error of {}: {error}", motor.id()));
        if error.value("power") == Some(&json!(66.0)) {
            panic!("a bug over errors");
        }
        if error.value("power") == Some(&json!(77.0)) {
            std::future::pending::<()>().await;
        }
    }
}

pub(crate) async fn start(platform: &Platform, notes: &Notes) -> Result<MotorDevice, ConnectError> {
    platform.device(SN, Motor::new()).handler(Driver(notes.clone())).connect().await
}

pub(crate) async fn running() -> Result<(MemoryPlatform, MotorDevice, Notes), ConnectError> {
    let (memory, notes) = (MemoryPlatform::new(), Notes::default());
    let device = start(&memory.platform(), &notes).await?;
    notes.take();
    Ok((memory, device, notes))
}

/// Sends a command or an action to a topic below the device's and returns its outcome.
pub(crate) async fn send(memory: &MemoryPlatform, topic: &str, mut payload: Value, id: &str) -> Value {
    payload["id"] = json!(id);
    memory.publish(&format!("device/{SN}/{topic}"), payload.to_string());
    outcome(memory, id).await
}

pub(crate) async fn outcome(memory: &MemoryPlatform, id: &str) -> Value {
    let (topic, start) = (format!("device/{SN}/outcome"), format!("{{\"id\":\"{id}\""));
    let message = memory.message(|it| it.topic == topic && it.text().starts_with(&start)).await;
    serde_json::from_slice(&message.payload).unwrap()
}

pub(crate) fn applied(id: &str, value: Value) -> Value {
    json!({ "id": id, "status": "applied", "value": value })
}

/// The payloads of the device's states since so many messages, by the end of their topic; not of its temperature, which
/// it sets: what was accepted before is told when that is.
pub(crate) async fn states_since(
    memory: &MemoryPlatform,
    device: &MotorDevice,
    count: usize,
) -> Vec<(String, Value)> {
    let told = device.set_temperature(device.temperature()).await.unwrap().delivered();
    told.await.unwrap();
    let of_state = |topic: &str| {
        let topic = topic.strip_prefix("device/")?.strip_prefix(SN)?.strip_prefix('/')?;
        (topic.ends_with("state") && topic != "asset/temperature/state").then(|| topic.to_owned())
    };
    let messages = memory.messages().into_iter().skip(count);
    let states = messages.filter_map(|message| {
        let state: Value = serde_json::from_slice(&message.payload).ok()?;
        Some((of_state(&message.topic)?, state))
    });
    states.collect()
}
