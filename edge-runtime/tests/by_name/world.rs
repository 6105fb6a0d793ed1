//! The device of both kinds, its platform, and what its handler notes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{
    Alert, Change, Changes, ConnectError, Device, DeviceHandle, Dynamic, DynamicDevice, DynamicHandler,
    ErrorEvent, HandlerResult, OutboxConfig, Platform, Value,
};
use serde_json::json;
use tokio::time::timeout;

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

pub(crate) const SN: &str = "B-1";

/// Too hot
#[derive(Alert)]
pub(crate) struct Hot {
    pub(crate) temperature: f64,
}

#[derive(Device, Clone)]
#[device(model = "urn:test:boiler:1", alert(Hot))]
pub(crate) struct Boiler {
    #[asset(alias = "temp", min = -40.0, max = 200.0, publish(deadband = 0.5))]
    pub(crate) temperature: f64,
    #[asset(publish(on_change, min_interval = "1s"))]
    pressure: f64,
    #[asset(retention = "discard")]
    power: f64,
    #[asset(retention = "stored")]
    energy: f64,
    #[asset(expiry = "1m")]
    late: u64,
    #[asset(capacity = 1, overflow = "drop-oldest")]
    newest: u64,
    #[asset(stale_after = "10m")]
    seen: bool,
    #[asset(pipeline = halved, max = 100.0)]
    level: f64,
    #[asset]
    plain: f64,
    #[asset(kind = "actuator", max = 100)]
    valve: u64,
    #[asset(kind = "config", max = 1000, timeout = "1s")]
    limit: u64,
    #[asset(kind = "virtual", compute = twice(valve))]
    twice: u64,
}

pub(crate) fn halved() -> Pipeline<f64> {
    Pipeline::new().filter(|v| *v >= 0.0).map(|v| *v / 2.0)
}

pub(crate) fn twice(valve: u64) -> u64 {
    2 * valve
}

pub(crate) fn first() -> Boiler {
    Boiler {
        temperature: 20.0,
        pressure: 0.0,
        power: 0.0,
        energy: 0.0,
        late: 0,
        newest: 0,
        seen: false,
        level: 0.0,
        plain: 0.0,
        valve: 0,
        limit: 0,
        twice: 0,
    }
}

/// What a handler heard, in its order. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub(crate) fn add(&self, note: String) {
        self.0.lock().unwrap().push(note);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// What is done with a command, whoever has it.
#[derive(Clone, Default)]
pub(crate) struct Driver(Notes);

impl Driver {
    pub(crate) async fn command(
        &self,
        device: &DeviceHandle,
        name: &str,
        change: Change<u64>,
    ) -> HandlerResult<u64> {
        let now = device.get(name)?;
        self.0.add(format!("{name} {}->{}, is {now}", change.previous, change.value));
        match change.value {
            13 => Err("stuck".into()),
            77 => std::future::pending().await,
            value => Ok(value.min(90)),
        }
    }

    pub(crate) fn changed(&self, device: &DeviceHandle, changes: &Changes) -> HandlerResult<()> {
        let all = changes.iter().map(|it| format!("{} {}->{}", it.name, it.previous, it.value));
        self.0.add(format!("all of {}: {}", device.id(), all.collect::<Vec<_>>().join(", ")));
        match changes.get::<u64>("limit")?.map(|change| change.value) {
            Some(66) => panic!("a bug over changes"),
            Some(14) => Err("nothing with 14".into()),
            _ => Ok(()),
        }
    }
}

impl BoilerHandler for Driver {
    async fn on_valve(&mut self, boiler: &BoilerDevice, change: Change<u64>) -> HandlerResult<u64> {
        self.command(boiler, "valve", change).await
    }

    async fn on_limit(&mut self, boiler: &BoilerDevice, change: Change<u64>) -> HandlerResult<u64> {
        self.command(boiler, "limit", change).await
    }

    async fn on_change(&mut self, boiler: &BoilerDevice, changes: &Changes) -> HandlerResult<()> {
        self.changed(boiler, changes)
    }

    async fn on_error(&mut self, boiler: &BoilerDevice, error: &ErrorEvent) {
        self.0.add(format!("error of {}: {error}", boiler.id()));
    }
}

impl DynamicHandler for Driver {
    async fn on_command(
        &mut self,
        device: &DynamicDevice,
        name: &str,
        change: Change<Value>,
    ) -> HandlerResult<Value> {
        let number = |value: &Value| value.as_u64().unwrap();
        let change = Change::new(number(&change.previous), number(&change.value));
        Ok(self.command(device, name, change).await?.into())
    }

    async fn on_change(&mut self, device: &DynamicDevice, changes: &Changes) -> HandlerResult<()> {
        self.changed(device, changes)
    }

    async fn on_error(&mut self, device: &DynamicDevice, error: &ErrorEvent) {
        self.0.add(format!("error of {}: {error}", device.id()));
    }
}

/// Of what a device is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Made {
    OfStruct,
    OfDocument,
}

pub(crate) const ALL: [Made; 2] = [Made::OfStruct, Made::OfDocument];

pub(crate) struct World {
    pub(crate) made: Made,
    pub(crate) memory: MemoryPlatform,
    pub(crate) device: DeviceHandle,
    pub(crate) notes: Notes,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn start(made: Made) -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_on(made, MemoryPlatform::new(), false).await
    }

    pub(crate) async fn start_on(
        made: Made,
        memory: MemoryPlatform,
        offline: bool,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let (notes, folder) = (Notes::default(), tempfile::tempdir()?);
        let platform = memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
        let device = made.start(&platform, &notes, offline).await?;
        if !offline {
            device.set("plain", 0.0).await?.delivered().await?;
        }
        notes.take();
        Ok(Self { made, memory, device, notes, _folder: folder })
    }

    /// The values that an asset's topic has told.
    pub(crate) fn told(&self, asset: &str) -> Vec<Value> {
        let topic = format!("device/{SN}/asset/{asset}/state");
        let states = self.memory.messages().into_iter().filter(|message| message.topic == topic);
        states
            .map(|message| serde_json::from_slice::<Value>(&message.payload).unwrap()["value"].clone())
            .collect()
    }

    pub(crate) async fn command(&self, target: &str, payload: Value, id: &str) -> Value {
        let mut payload = payload;
        payload["id"] = json!(id);
        self.memory.publish(&format!("device/{SN}/{target}"), payload.to_string());
        let (topic, start) = (format!("device/{SN}/outcome"), format!("{{\"id\":\"{id}\""));
        let outcome = self.memory.message(|it| it.topic == topic && it.text().starts_with(&start)).await;
        serde_json::from_slice(&outcome.payload).unwrap()
    }

    pub(crate) fn get(&self, name: &str) -> Value {
        self.device.get(name).unwrap()
    }
}

impl Made {
    pub(crate) async fn start(
        self,
        platform: &Platform,
        notes: &Notes,
        offline: bool,
    ) -> Result<DeviceHandle, ConnectError> {
        let driver = Driver(notes.clone());
        Ok(match self {
            Self::OfStruct => {
                let builder = platform.device(SN, first()).handler(driver).start_offline(offline);
                DeviceHandle::clone(&*builder.connect().await?)
            }
            Self::OfDocument => {
                let mut builder = platform.dynamic_device(SN, &Boiler::MODEL.document()).unwrap();
                for asset in Boiler::MODEL.assets {
                    builder = builder.rules(asset.name, asset.rules).unwrap();
                }
                let number = |values: &Dynamic| values.get("valve").and_then(|valve| valve.as_u64()).unwrap();
                let builder = builder.compute("twice", move |values| twice(number(values)).into()).unwrap();
                let builder = builder.first("temp", 20.0).unwrap().handler(driver).start_offline(offline);
                DeviceHandle::clone(&*builder.connect().await?)
            }
        })
    }
}

/// Waits for it, but not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(300), future).await.expect("it comes within five minutes")
}
