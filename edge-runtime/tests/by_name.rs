//! What a device does by names, with a struct and without one: every test is run for both.

#![allow(clippy::unwrap_used, reason = "in tests; clippy sees only the functions marked #[test]")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_runtime::model::{AssetRules, Overflow, QoS, Retention, RulesError};
use edge_runtime::policy::{Pipeline, PublishPolicy};
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::types::Timestamp;
use edge_runtime::{
    AccessError, Alert, Change, Changes, ConnectError, Device, DeviceHandle, Dynamic, DynamicDevice,
    DynamicError, DynamicHandler, ErrorCause, ErrorEvent, HandlerResult, Kind, ModelDocument, OutboxConfig,
    PipelineError, Platform, Refusal, SetError, Value,
};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SN: &str = "B-1";

/// Too hot
#[derive(Alert)]
struct Hot {
    temperature: f64,
}

#[derive(Device, Clone)]
#[device(model = "urn:test:boiler:1", alert(Hot))]
struct Boiler {
    #[asset(alias = "temp", min = -40.0, max = 200.0, publish(deadband = 0.5))]
    temperature: f64,
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

fn halved() -> Pipeline<f64> {
    Pipeline::new().filter(|v| *v >= 0.0).map(|v| *v / 2.0)
}

fn twice(valve: u64) -> u64 {
    2 * valve
}

fn first() -> Boiler {
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
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: String) {
        self.0.lock().unwrap().push(note);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// What is done with a command, whoever has it.
#[derive(Clone, Default)]
struct Driver(Notes);

impl Driver {
    async fn command(&self, device: &DeviceHandle, name: &str, change: Change<u64>) -> HandlerResult<u64> {
        let now = device.get(name)?;
        self.0.add(format!("{name} {}->{}, is {now}", change.previous, change.value));
        match change.value {
            13 => Err("stuck".into()),
            77 => std::future::pending().await,
            value => Ok(value.min(90)),
        }
    }

    fn changed(&self, device: &DeviceHandle, changes: &Changes) -> HandlerResult<()> {
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
enum Made {
    OfStruct,
    OfDocument,
}

const ALL: [Made; 2] = [Made::OfStruct, Made::OfDocument];

struct World {
    made: Made,
    memory: MemoryPlatform,
    device: DeviceHandle,
    notes: Notes,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start(made: Made) -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_on(made, MemoryPlatform::new(), false).await
    }

    async fn start_on(
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
    fn told(&self, asset: &str) -> Vec<Value> {
        let topic = format!("device/{SN}/asset/{asset}/state");
        let states = self.memory.messages().into_iter().filter(|message| message.topic == topic);
        states
            .map(|message| serde_json::from_slice::<Value>(&message.payload).unwrap()["value"].clone())
            .collect()
    }

    async fn command(&self, target: &str, payload: Value, id: &str) -> Value {
        let mut payload = payload;
        payload["id"] = json!(id);
        self.memory.publish(&format!("device/{SN}/{target}"), payload.to_string());
        let (topic, start) = (format!("device/{SN}/outcome"), format!("{{\"id\":\"{id}\""));
        let outcome = self.memory.message(|it| it.topic == topic && it.text().starts_with(&start)).await;
        serde_json::from_slice(&outcome.payload).unwrap()
    }

    fn get(&self, name: &str) -> Value {
        self.device.get(name).unwrap()
    }
}

impl Made {
    async fn start(
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
async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(300), future).await.expect("it comes within five minutes")
}

#[tokio::test]
async fn v12_who_observes_by_name_sees_every_state_with_the_one_before() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let device = &world.device;
        let (mut temperatures, mut valves, mut computed) =
            (device.observe("temp")?, device.observe("valve")?, device.observe("twice")?);
        let at: Timestamp = "2031-02-03T04:05:06Z".parse()?;
        device.set("temperature", 21.5).at(at).await?;
        let seen = temperatures.recv().await.unwrap();
        assert_eq!((seen.previous, seen.value, seen.at, seen.missed), (json!(20.0), json!(21.5), at, 0));
        // What its policy does not tell is the device's all the same.
        device.begin().set("temp", 21.6)?.set("valve", 10)?.finish().await?;
        world.command("asset/valve/command", json!({"value": 95}), "a").await;
        assert!(device.set("valve", 101).await.is_err());
        world.command("asset/valve/command", json!({"value": 13}), "b").await;
        assert_eq!(temperatures.recv().await.unwrap().value, 21.6);
        for (observer, expected) in
            [(&mut valves, [(0, 10), (10, 90)]), (&mut computed, [(0, 20), (20, 180)])]
        {
            for (previous, value) in expected {
                let seen = observer.recv().await.unwrap();
                assert_eq!((seen.previous, seen.value), (json!(previous), json!(value)), "{made:?}");
            }
        }
        let unknown = device.observe("tmperature").unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "device `B-1` has no asset `tmperature`, did you mean `temperature`?"
        );
        device.close().await?;
        assert!(temperatures.recv().await.is_none() && valves.recv().await.is_none());
        assert!(device.observe("valve")?.recv().await.is_none(), "closed is closed");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v42_what_is_offered_by_name_goes_through_the_pipeline() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let device = &world.device;
        // The one that it was started with.
        assert!(device.offer("level", -1.0).await?.is_none());
        device.offer("level", 30.0).await?.unwrap().delivered().await?;
        assert_eq!((world.get("level"), world.told("level")), (json!(15.0), vec![json!(15.0)]));
        let error = device.offer("level", 300.0).await.unwrap_err();
        assert!(
            matches!(
                &error,
                AccessError::Set(SetError::Refused { refusal: Refusal::AboveMaximum { .. }, .. })
            ),
            "{made:?}: {error}"
        );
        // Others, at run time, by alias as well. An integer may be offered where numbers are.
        let hot = Pipeline::<f64>::new()
            .alert_when(|v| *v > 90.0, |v| Hot { temperature: *v })
            .filter(|v| v.current("plain") == Some(0.0));
        device.set_pipeline("temp", hot)?;
        let at: Timestamp = "2031-02-03T04:05:06Z".parse()?;
        assert!(device.offer("temperature", 95).at(at).await?.is_some());
        assert_eq!((world.get("temp"), device.last_known("temp")?.at), (json!(95.0), at));
        let alert = world.memory.message(|message| message.topic.ends_with("/alert")).await;
        assert!(alert.text().contains(r#""value":{"temperature":95.0}"#), "{}", alert.text());
        device.set("plain", 1.0).await?;
        assert!(device.offer("temp", 20.0).await?.is_none());
        // Windows end by themselves.
        let ten = Duration::from_secs(10);
        device.set_pipeline("plain", Pipeline::<f64>::new().mean(ten, ten))?;
        for value in [10.0, 20.0] {
            assert!(device.offer("plain", value).await?.is_none());
        }
        let mut plain = device.observe("plain")?;
        assert_eq!(soon(plain.recv()).await.unwrap().value, 15.0);
        device.clear_pipeline("plain")?;
        assert!(device.offer("plain", 7.0).await?.is_some(), "as a setter");
        device.close().await?;
        assert!(matches!(device.offer("plain", 7.0).await, Err(AccessError::Set(SetError::Closed { .. }))));
    }
    Ok(())
}

#[tokio::test]
async fn v42_what_cannot_be_offered_and_pipelines_that_cannot_be_are_refused() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let device = &world.device;
        let error = device.offer("lvel", 1.0).await.unwrap_err();
        assert!(matches!(&error, AccessError::UnknownAsset { nearest: Some(name), .. } if name == "level"));
        let error = device.offer("twice", 1).await.unwrap_err();
        assert!(matches!(error, AccessError::NotSettable { kind: Kind::Virtual, .. }), "{error}");
        for value in [json!("1"), json!(null), json!(true)] {
            let error = device.offer("level", value).await.unwrap_err();
            assert!(matches!(error, AccessError::Set(SetError::Refused { .. })), "{error}");
        }
        assert!(device.offer("level", f64::NAN).await.is_err());
        let error = device.set_pipeline("level", Pipeline::<i64>::new()).unwrap_err();
        assert_eq!(error.to_string(), "device `B-1`, asset `level`: its values are no `i64`", "{made:?}");
        #[derive(Alert)]
        struct Cold {
            temperature: f64,
        }
        let cold = Pipeline::<f64>::new().alert_when(|_| true, |v| Cold { temperature: *v });
        let error = device.set_pipeline("level", cold).unwrap_err();
        assert!(matches!(error, PipelineError::Undeclared { alert: "cold", .. }), "{error}");
        assert!(device.offer("level", -1.0).await?.is_none(), "the old one stays");
        device.close().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v13_v15_on_change_hears_a_whole_command_and_may_refuse_it() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let several = |valve: u64, limit: u64| json!({"values": {"limit": limit, "valve": valve}});
        let outcome = world.command("asset/valve/command", json!({"value": 95}), "a").await;
        assert_eq!((&outcome["status"], &outcome["value"]), (&json!("applied"), &json!(90)), "{made:?}");
        assert_eq!(world.notes.take(), ["valve 0->95, is 0", "all of B-1: valve 0->90"]);
        world.command("command", several(10, 5), "b").await;
        let heard = world.notes.take();
        assert_eq!(
            heard,
            ["limit 0->5, is 0", "valve 90->10, is 90", "all of B-1: limit 0->5, valve 90->10"]
        );
        // Refused by it, nothing of the command is so.
        for (id, limit, status, reason) in [
            ("c", 14, "rejected", "nothing with 14"),
            ("d", 66, "failed", "`on_change`: the handler panicked"),
        ] {
            let outcome = world.command("command", several(20, limit), id).await;
            assert_eq!((&outcome["status"], &outcome["reason"]), (&json!(status), &json!(reason)));
            assert_eq!(world.notes.take().len(), 3, "both, and the veto");
            assert_eq!((world.get("valve"), world.get("limit")), (json!(10), json!(5)));
        }
        // Refused before, it is not asked.
        let outcome = world.command("command", several(13, 6), "e").await;
        assert_eq!((&outcome["status"], world.notes.take().len()), (&json!("rejected"), 2));
        // What is so already is not handled.
        world.device.set("limit", 5).await?;
        world.command("command", json!({"values": {"limit": 6, "valve": 10}}), "f").await;
        world.notes.take();
        world.command("command", json!({"values": {"limit": 6, "valve": 10}}), "g").await;
        assert_eq!(world.notes.take(), [""; 0], "{:?}", world.made);
        let outcome = world.command("asset/limit/command", json!({"value": 77}), "h").await;
        assert_eq!(outcome["reason"], "`limit`: the handler did not finish within 1s", "as its rules say");
        world.device.close().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v18_on_error_hears_what_was_not_delivered() -> TestResult {
    for made in ALL {
        let memory = MemoryPlatform::new();
        memory.set_registry_away(true);
        let world = World::start_on(made, memory, true).await?;
        let (device, mut errors) = (&world.device, world.device.errors());
        device.set("power", 1.5).await?;
        let error = soon(errors.recv()).await.unwrap();
        assert!(matches!(error.cause, ErrorCause::Dropped), "{made:?}: {error}");
        for value in 1..=2 {
            device.set("newest", value).await?;
        }
        assert_eq!(soon(errors.recv()).await.unwrap().value("newest"), Some(&json!(1)));
        device.set("late", 5).await?;
        sleep(Duration::from_secs(61)).await;
        let error = soon(errors.recv()).await.unwrap();
        assert!(matches!(error.cause, ErrorCause::Expired), "{error}");
        assert_eq!(error.value("late"), Some(&json!(5)));
        let _ = device.close().await;
        let heard = world.notes.take();
        let dropped = |asset: &str| {
            format!(
                "error of B-1: device `B-1`, states of `{asset}`: dropped: no room or no connection for it"
            )
        };
        assert_eq!(heard[..2], [dropped("power"), dropped("newest")]);
        assert!(heard[2].ends_with("states of `late`: expired before it could be sent"), "{heard:?}");
    }
    Ok(())
}

/// A handler that does not care is told once, and no more.
#[tokio::test(start_paused = true)]
async fn v18_a_closure_hears_no_errors_and_nothing_waits_for_it() -> TestResult {
    let memory = MemoryPlatform::new();
    let builder = memory.platform().dynamic_device(SN, &ModelDocument::new("urn:x", "X"))?;
    let handler = async |_: DynamicDevice, _: String, change: Change<Value>| Ok(change.value);
    let device = builder.handler(handler).connect().await?;
    let mut errors = device.errors();
    for _ in 0..2 {
        memory.cut();
        assert!(matches!(soon(errors.recv()).await.unwrap().cause, ErrorCause::Disconnected(_)));
        while !device.is_online() {
            sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(device.close().await?)
}

#[tokio::test(start_paused = true)]
async fn a_device_tells_and_keeps_as_the_rules_of_its_assets_say() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let device = &world.device;
        for temperature in [20.25, 20.5, 20.75, 21.0] {
            device.set("temp", temperature).await?.delivered().await?;
        }
        assert_eq!(
            (world.told("temperature"), world.get("temp")),
            (vec![json!(20.75)], json!(21.0)),
            "{made:?}"
        );
        assert_eq!(device.last_known("temp")?.value, 20.75);
        sleep(Duration::from_secs(2)).await;
        device.set("pressure", 1.0).await?.delivered().await?;
        let (held, set) = (device.set("pressure", 2.0).await?, Instant::now());
        assert_eq!(world.told("pressure"), [json!(1.0)]);
        soon(held.delivered()).await?;
        assert_eq!(
            (world.told("pressure"), set.elapsed()),
            (vec![json!(1.0), json!(2.0)], Duration::from_secs(1))
        );
        let receipt = device.set("energy", 1.5).await?;
        assert!(receipt.id().is_some(), "it is on the disk");
        receipt.delivered().await?;
        assert!(device.set("plain", 1.5).await?.id().is_none());
        device.set("seen", true).await?;
        sleep(Duration::from_secs(599)).await;
        assert!(!device.is_stale("seen")?);
        let mut errors = device.errors_of("seen")?;
        sleep(Duration::from_secs(2)).await;
        assert!(device.is_stale("seen")?);
        assert!(matches!(soon(errors.recv()).await.unwrap().cause, ErrorCause::Stale(_)));
        device.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_stored_is_delivered_by_the_next_life_of_the_device() -> TestResult {
    for made in ALL {
        let (memory, folder) = (MemoryPlatform::new(), tempfile::tempdir()?);
        let platform = memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
        memory.set_registry_away(true);
        let device = made.start(&platform, &Notes::default(), true).await?;
        let receipt = device.set("energy", 7.5).await?.id().cloned().unwrap();
        let _ = device.close().await;
        memory.set_registry_away(false);
        let again = made.start(&platform, &Notes::default(), false).await?;
        again.receipt(&receipt)?.delivered().await?;
        let is_it = |text: &str| text.contains(r#""value":7.5"#);
        assert!(memory.messages().iter().any(|it| is_it(&it.text())), "{made:?}");
        again.close().await?;
    }
    Ok(())
}

fn meter() -> ModelDocument {
    let json = r#"{"urn": "urn:test:meter:1", "name": "Meter", "attributes": [
        {"name": "count", "type": "INTEGER", "range": "0,100", "defaultValue": 1},
        {"name": "offset", "type": "INTEGER"},
        {"name": "power", "type": "NUMBER", "alias": "watts"},
        {"name": "label", "type": "STRING"},
        {"name": "running", "type": "BOOLEAN", "writable": true},
        {"name": "since", "type": "DATETIME"}]}"#;
    ModelDocument::from_json(json).unwrap()
}

const RULES: AssetRules = AssetRules::DEFAULT;

#[tokio::test]
async fn rules_are_refused_that_contradict_each_other_or_their_asset() -> TestResult {
    let platform = MemoryPlatform::new().platform();
    let refused = |name: &str, rules: AssetRules| {
        platform.dynamic_device(SN, &meter()).unwrap().rules(name, rules).unwrap_err()
    };
    let error = refused("volts", RULES);
    assert!(matches!(error, DynamicError::UnknownAttribute { .. }), "{error}");
    let deadband = PublishPolicy { deadband: Some(1.0), ..PublishPolicy::NONE };
    let second = Some(Duration::from_secs(1));
    for (name, rules, source) in [
        ("label", AssetRules { publish: deadband, ..RULES }, RulesError::NoNumber),
        ("watts", AssetRules { timeout: second, ..RULES }, RulesError::NoHandler { kind: Kind::Sensor }),
        (
            "power",
            AssetRules { qos: QoS::AtMostOnce, retention: Retention::Stored, ..RULES },
            RulesError::StoredOnce,
        ),
        (
            "power",
            AssetRules { capacity: Some(1), overflow: Overflow::Latest, ..RULES },
            RulesError::LatestOfMany,
        ),
        ("power", AssetRules { expiry: Some(Duration::MAX), ..RULES }, RulesError::Duration),
    ] {
        let attribute = if name == "watts" { "power" } else { name }.to_owned();
        assert_eq!(refused(name, rules), DynamicError::Rules { attribute, source }, "{name}");
    }
    // What can only be known with the device.
    let stored = AssetRules { retention: Retention::Stored, ..RULES };
    let error = platform.dynamic_device(SN, &meter())?.rules("power", stored)?.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Store(_)), "{error}");
    let of_boiler = Boiler::MODEL.assets.iter().find(|asset| asset.name == "level").unwrap().rules;
    let error =
        platform.dynamic_device(SN, &meter())?.rules("count", of_boiler)?.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Pipeline(PipelineError::Type { asset: "count", .. })), "{error}");
    Ok(())
}

#[tokio::test]
async fn devices_of_one_document_have_rules_of_their_own() -> TestResult {
    let memory = MemoryPlatform::new();
    let platform = memory.platform();
    let on_change = PublishPolicy { on_change: true, ..PublishPolicy::NONE };
    let rules = AssetRules { publish: on_change, ..RULES };
    let quiet = platform.dynamic_device("Q-1", &meter())?.rules("power", RULES)?.rules("watts", rules)?;
    assert!(!quiet.plan().await?.is_in_sync(), "it is not registered yet");
    let quiet = quiet.connect().await?;
    let (same, plain) = (
        platform.dynamic_device("Q-2", &meter())?.rules("power", rules)?.connect().await?,
        platform.dynamic_device("P-1", &meter())?.rules("power", RULES)?.connect().await?,
    );
    for device in [&quiet, &same, &plain] {
        for _ in 0..2 {
            device.set("power", 5.0).await?.delivered().await?;
        }
    }
    let told = |sn: &str| {
        let topic = format!("device/{sn}/asset/power/state");
        memory.messages().iter().filter(|message| message.topic == topic).count()
    };
    assert_eq!(["Q-1", "Q-2", "P-1"].map(told), [1, 1, 2]);
    assert!(std::ptr::eq(quiet.model(), same.model()), "one model for all that have the same rules");
    for device in [quiet, same, plain] {
        device.close().await?;
    }
    Ok(())
}

/// As the page on virtual devices says.
#[tokio::test]
async fn the_values_of_a_document_have_the_types_that_pipelines_name() -> TestResult {
    let platform = MemoryPlatform::new().platform();
    let device = platform.dynamic_device(SN, &meter())?.connect().await?;
    device.set_pipeline("count", Pipeline::<u64>::new().map(|v| v.current::<u64>("count").unwrap() + *v))?;
    device.set_pipeline("offset", Pipeline::<i64>::new().map(|v| -*v))?;
    device.set_pipeline("watts", Pipeline::<f64>::new().map(|v| *v * 1000.0))?;
    device.set_pipeline("label", Pipeline::<String>::new().map(|v| v.to_uppercase()))?;
    device.set_pipeline("running", Pipeline::<bool>::new().map(|v| !*v))?;
    device.set_pipeline("since", Pipeline::<Timestamp>::new())?;
    device.offer("count", 2).await?;
    device.offer("offset", 3).await?;
    device.offer("power", 1.5).await?;
    device.offer("label", "kitchen").await?;
    device.offer("running", false).await?;
    device.offer("since", "2031-02-03T04:05:06Z").await?;
    let values =
        ["count", "offset", "power", "label", "running", "since"].map(|name| device.get(name).unwrap());
    let expected = json!([3, -3, 1500.0, "KITCHEN", true, "2031-02-03T04:05:06Z"]);
    assert_eq!(json!(values), expected);
    Ok(device.close().await?)
}
