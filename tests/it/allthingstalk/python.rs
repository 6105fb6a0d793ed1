//! The real SDK for Python against our platform, and beside devices of ours. What it does, step by step, is in
//! `tests/python/allthingstalk_sdk.py`.

use edge_runtime::allthingstalk::{AssetState, BaseClient as _, Client};
use edge_runtime::{AssetValue, Change, ConnectError, Device, HandlerResult, Platform, ReconcileError};
use edge_tests::{PlatformProgram, Process, Python, TestResult};
use serde_json::value::RawValue;
use serde_json::{Value, json};

const SCRIPT: &str = "allthingstalk_sdk.py";
/// As the cloud's tokens and ids are.
const MASTER: &str = "maker:4CanaryMaster";
const STATION_TOKEN: &str = "maker:4CanaryStation";
const STATION: &str = "KcWO0CaaUMKMvSpyI6nqhZAT";
const RUST_TOKEN: &str = "maker:4CanaryRust";
const RUST: &str = "RUST-1";
const BOILER: &str = "BOILER-1";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A platform that creates the devices that call.
async fn platform() -> PlatformProgram {
    let (station, rust) = (format!("{STATION_TOKEN}={STATION}"), format!("{RUST_TOKEN}={RUST}"));
    PlatformProgram::start(&["--token", MASTER, "--token", &station, "--token", &rust, "--auto-create"]).await
}

fn start(python: &Python, scenario: &str, platform: &PlatformProgram) -> Process {
    let broker = platform.mqtt.trim_start_matches("mqtt://");
    python.start(SCRIPT, &[scenario, platform.http.url(), broker])
}

fn client(platform: &PlatformProgram) -> Result<Client> {
    Ok(Client::builder(MASTER).http(platform.http.url()).build()?)
}

fn cloud(platform: &PlatformProgram, token: &str) -> Result<Platform> {
    Ok(Platform::allthingstalk(token).http(platform.http.url()).mqtt(&platform.mqtt).build()?)
}

/// Commands an asset, and waits until its state has followed.
async fn command(client: &Client, device: &str, asset: &str, value: Value) -> TestResult {
    let text = value.to_string();
    client.send_command(device, asset, &RawValue::from_string(text.clone())?).await?;
    super::followed(client, device, asset, &text).await;
    Ok(())
}

/// Waits until the script has done a step.
async fn step(sdk: &Process, wanted: &str) -> Value {
    let read = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_default();
    let line = sdk.out.wait_for(|line| read(line)["step"] == wanted || read(line)["step"] == "failed").await;
    let line = read(&line);
    assert_eq!(line["step"], wanted, "{}", line["error"].as_str().unwrap_or_default());
    line
}

/// All that the script has said, when it has ended.
async fn lines(sdk: &mut Process) -> Result<Vec<Value>> {
    let status = sdk.wait().await?;
    let lines = sdk.out.end().await;
    assert!(status.success(), "{lines}\n{}", sdk.err.end().await);
    Ok(lines.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
}

fn check(lines: &[Value], expected: &[Value]) {
    for (line, expected) in lines.iter().zip(expected) {
        assert_eq!(line, expected, "left: the SDK, right: expected");
    }
    assert_eq!(lines.len(), expected.len());
}

#[tokio::test]
async fn the_real_sdk_finds_all_that_it_needs() -> TestResult {
    let Some(python) = Python::with_allthingstalk() else { return Ok(()) };
    let platform = platform().await;
    let mut sdk = start(&python, "everything", &platform);
    step(&sdk, "ready").await;
    let client = client(&platform)?;
    command(&client, STATION, "lamp", json!(false)).await?;
    command(&client, STATION, "2", json!(60)).await?;
    command(&client, STATION, "mode", json!("full")).await?;
    step(&sdk, "shared").await;
    command(&client, "PY-2", "on", json!(true)).await?;
    command(&client, "PY-3", "on", json!(false)).await?;
    let lines = lines(&mut sdk).await?;
    let expected = [declared(), published(), commanded(), refused()].concat();
    check(&lines, &expected);
    Ok(())
}

fn asset(name: &str, kind: &str, title: &str, profile: Value) -> Value {
    json!({
        "step": "asset", "name": name, "kind": kind, "title": title, "profile": profile,
        "description": null, "device": STATION, "has_id": true,
    })
}

/// A fresh device, and what its class makes of it; the second time nothing.
fn declared() -> Vec<Value> {
    let number = json!({"type": "number"});
    let place = json!({"type": "object", "properties": {"latitude": number, "longitude": number}});
    let led = json!({"type": "object", "properties": {"on": {"type": "boolean"}}});
    let percent = json!({"type": "integer", "minimum": 0, "maximum": 100, "unit": "%"});
    let celsius = json!({"type": "number", "minimum": -40, "maximum": 125, "unit": "°C"});
    let mut temperature = asset("temperature", "sensor", "Outside", celsius);
    temperature["description"] = "In the shade".into();
    vec![
        json!({"step": "fresh", "assets": []}),
        json!({"step": "connected", "granted": [0, 0]}),
        temperature,
        asset("rain", "virtual", "Rain", json!({"type": "integer", "minimum": 0})),
        asset("mode", "config", "Mode", json!({"type": "string", "enum": ["eco", "full"]})),
        asset("lamp", "actuator", "Lamp", json!({"type": "boolean"})),
        // A name that is no identifier, and the title that the SDK makes of it.
        asset("2", "actuator", "2", percent),
        asset("place", "sensor", "Place", place),
        asset("ledBar", "sensor", "Ledbar", led),
        asset("timed", "sensor", "Timed", number.clone()),
        asset("unset", "sensor", "Unset", number),
        json!({"step": "again", "is_same": true}),
    ]
}

/// What is sent is read and echoed, its time as well.
fn published() -> Vec<Value> {
    let now = |member: &str, value: Value| json!({"step": "published", "member": member, "value": value, "is_now": true, "is_echoed": true});
    let timed = |value: u8, at: &str| json!({"step": "timed", "value": value, "at": at, "is_echoed": true});
    let by_mqtt = |payload: &str, value: f64| json!({"step": "by mqtt", "payload": payload, "value": value});
    vec![
        now("temperature", json!(21.5)),
        now("rain", json!(7)),
        now("mode", json!("eco")),
        now("lamp", json!(true)),
        now("valve", json!(40)),
        now("place", json!({"latitude": 50.8, "longitude": 4.4})),
        now("ledBar", json!({"on": false})),
        // Without an offset it is UTC; two hours east of it, it is two hours less.
        timed(0, "2021-08-27T09:14:15.410910+00:00"),
        timed(1, "2021-08-28T09:14:15.450000+00:00"),
        timed(2, "2021-08-29T09:14:15+00:00"),
        timed(3, "2031-02-03T03:05:06.789000+00:00"),
        by_mqtt(r#"{"value": 22.5}"#, 22.5),
        by_mqtt(r#"{"Value": "23.5"}"#, 23.5),
        by_mqtt("0|24.5", 24.5),
    ]
}

/// Commands reach their handlers, with a time, and the devices that share a client.
fn commanded() -> Vec<Value> {
    let command = |device: &str, member: &str, value: Value| json!({"step": "command", "device": device, "member": member, "value": value, "at": true});
    vec![
        json!({"step": "ready"}),
        command(STATION, "lamp", json!(false)),
        command(STATION, "valve", json!(60)),
        command(STATION, "mode", json!("full")),
        json!({"step": "shared", "granted": [0, 0, 0, 0]}),
        command("PY-2", "on", json!(true)),
        command("PY-3", "on", json!(false)),
    ]
}

/// What must not be done is not done, and the SDK fails as far as it looks at replies at all.
fn refused() -> Vec<Value> {
    const FORBIDDEN: &str = "AccessForbiddenException";
    const NO_STATE: &str = "AssetStateRetrievalException";
    /// It takes the error's body for an asset.
    const UNNOTICED: &str = "KeyError";
    let error = |step: &str, error: &str| json!({"step": step, "error": error});
    let names = ["2", "lamp", "ledBar", "mode", "place", "rain", "temperature", "timed", "unset"];
    vec![
        json!({"step": "refused states", "value": 24.5, "names": names}),
        error("an asset that is there", UNNOTICED),
        json!({"step": "after that", "value": 24.5, "names": names}),
        error("never set", NO_STATE),
        error("no such asset", NO_STATE),
        error("another's device", FORBIDDEN),
        error("another's assets", FORBIDDEN),
        error("another's state", NO_STATE),
        error("a new asset of another", UNNOTICED),
        json!({"step": "another's commands", "granted": [128, 128]}),
        json!({"step": "the other", "value": true, "names": ["on"]}),
        error("a wrong token", FORBIDDEN),
        json!({"step": "a wrong token at the broker", "code": 5}),
        json!({"step": "a right token at the broker", "code": 0}),
    ]
}

#[tokio::test]
async fn a_device_that_nobody_has_created_is_unknown_to_the_sdk() -> TestResult {
    let Some(python) = Python::with_allthingstalk() else { return Ok(()) };
    let platform = PlatformProgram::start(&["--token", MASTER]).await;
    let mut sdk = start(&python, "unknown", &platform);
    // What it makes of a 404.
    check(&lines(&mut sdk).await?, &[json!({"step": "unknown device", "error": "TypeError"})]);
    Ok(())
}

#[derive(Device, Clone)]
struct Greenhouse {
    /// Air temperature
    ///
    /// Under the roof
    #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 85.0)]
    temperature: f64,
    #[asset(kind = "virtual", compute = is_frosty(temperature))]
    frost: bool,
    #[asset(kind = "actuator", unit = "%", max = 100, step = 5)]
    vent: u8,
    #[asset(kind = "config", name = "2")]
    mode: Mode,
}

#[derive(AssetValue, Clone, Copy, Debug, PartialEq)]
enum Mode {
    Eco,
    Full,
}

fn is_frosty(temperature: f64) -> bool {
    temperature < 0.0
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

#[tokio::test]
async fn a_rust_device_and_a_python_device_see_each_other() -> TestResult {
    let Some(python) = Python::with_allthingstalk() else { return Ok(()) };
    let platform = platform().await;
    let first = Greenhouse { temperature: 20.0, vent: 0, frost: false, mode: Mode::Eco };
    let ours = cloud(&platform, RUST_TOKEN)?.device(RUST, first).handler(Driver).connect().await?;
    let client = client(&platform)?;
    let mut sdk = start(&python, "meet", &platform);
    step(&sdk, "ready").await;

    let theirs = client.get_assets(STATION).await?;
    let names: Vec<_> = theirs.iter().map(|asset| (asset.name.as_str(), asset.kind.as_str())).collect();
    let expected = [
        ("temperature", "sensor"),
        ("rain", "virtual"),
        ("mode", "config"),
        ("lamp", "actuator"),
        ("2", "actuator"),
        ("place", "sensor"),
        ("ledBar", "sensor"),
        ("timed", "sensor"),
        ("unset", "sensor"),
    ];
    assert_eq!(names, expected);
    let temperature = &theirs[0];
    assert_eq!((temperature.title.as_str(), temperature.description.as_str()), ("Outside", "In the shade"));
    assert_eq!(temperature.profile().unwrap().to_string(), "number -40..125 °C");
    assert_eq!(temperature.state.as_ref().unwrap().read::<f64>()?, 21.5);
    assert!(theirs[8].state.is_none(), "it was never set");

    ours.set_temperature(31.5).await?;
    step(&sdk, "theirs").await;
    command(&client, STATION, "lamp", json!(true)).await?;
    command(&client, RUST, "vent", json!(40)).await?;
    assert_eq!(ours.vent(), 40);
    let asset = |name: &str, kind: &str, title: &str, profile: Value| {
        let mut line = asset(name, kind, title, profile);
        line["device"] = RUST.into();
        line
    };
    let mut temperature = asset(
        "temperature",
        "sensor",
        "Temperature",
        json!({"type": "number", "minimum": -40, "maximum": 85, "unit": "°C"}),
    );
    temperature["description"] = "Air temperature".into();
    let percent = json!({"type": "integer", "minimum": 0, "maximum": 100, "multipleOf": 5, "unit": "%"});
    let expected = [
        temperature,
        asset("frost", "virtual", "Frost", json!({"type": "boolean"})),
        asset("vent", "actuator", "Vent", percent),
        asset("2", "config", "Mode", json!({"type": "string", "enum": ["eco", "full"]})),
        // Its class names two of them, so there is nothing to create.
        json!({"step": "ready", "count": 4}),
        json!({"step": "theirs", "value": 31.5}),
        json!({"step": "command", "device": STATION, "member": "lamp", "value": true, "at": true}),
    ];
    check(&lines(&mut sdk).await?, &expected);
    ours.close().await?;
    Ok(())
}

/// What the script declares.
#[derive(Device, Clone)]
struct Boiler {
    #[asset(unit = "°C", min = 0, max = 110)]
    temperature: f64,
    #[asset(kind = "actuator")]
    burner: bool,
    #[asset(kind = "config", name = "2", title = "2", max = 100)]
    level: u8,
    #[asset]
    mode: Mode,
}

impl BoilerHandler for Driver {
    async fn on_burner(&mut self, _: &BoilerDevice, change: Change<bool>) -> HandlerResult<bool> {
        Ok(change.value)
    }
}

/// The same names and other assets.
#[derive(Device, Clone)]
#[device(overwrite_assets = false)]
struct Other {
    #[asset(unit = "K", min = 0, max = 400)]
    temperature: f64,
    #[asset(kind = "actuator")]
    burner: String,
    #[asset(name = "2", title = "2", max = 100)]
    level: u8,
    #[asset]
    mode: Mode,
    #[asset]
    fresh: bool,
}

impl OtherHandler for Driver {
    async fn on_burner(&mut self, _: &OtherDevice, change: Change<String>) -> HandlerResult<String> {
        Ok(change.value)
    }
}

#[tokio::test]
async fn a_rust_device_takes_over_what_python_has_created() -> TestResult {
    let Some(python) = Python::with_allthingstalk() else { return Ok(()) };
    let platform = platform().await;
    let mut sdk = start(&python, "create", &platform);
    let created = step(&sdk, "ready").await;
    let cloud = cloud(&platform, MASTER)?;

    let other = Other { temperature: 280.0, burner: "off".into(), level: 0, mode: Mode::Eco, fresh: true };
    let refused = cloud.device(BOILER, other).handler(Driver).connect().await.unwrap_err();
    let ConnectError::Reconcile(ReconcileError::AssetMismatch { device, differences }) = refused else {
        panic!("{refused}");
    };
    let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(device, BOILER);
    let expected = [
        "temperature.maximum: 110 -> 400 (limiting)",
        "temperature.unit: °C -> K (limiting)",
        "burner.type: boolean -> string (breaking)",
        "2.kind: config -> sensor (breaking)",
    ];
    assert_eq!(differences, expected);
    let client = client(&platform)?;
    assert_eq!(client.get_assets(BOILER).await?.len(), 4, "nothing is written, not even what is missing");

    let first = Boiler { temperature: 20.0, burner: false, level: 30, mode: Mode::Eco };
    let builder = cloud.device(BOILER, first).handler(Driver);
    let plans = builder.plan().await?;
    assert!(plans.iter().all(edge_runtime::reconcile::Plan::is_in_sync), "{plans:?}");
    let boiler = builder.connect().await?;
    boiler.set_temperature(61.5).await?;
    let theirs = json!({"step": "theirs", "value": 61.5, "ids": created["ids"]});
    check(&lines(&mut sdk).await?, &[created, theirs]);
    boiler.close().await?;
    Ok(())
}

#[tokio::test]
async fn the_sdk_hears_a_state_that_the_rust_client_has_stored() -> TestResult {
    let Some(python) = Python::with_allthingstalk() else { return Ok(()) };
    let platform = platform().await;
    let mut sdk = start(&python, "create", &platform);
    let created = step(&sdk, "ready").await;
    let client = client(&platform)?;
    client.publish_asset_state(BOILER, "temperature", &AssetState::now(&61.5)?).await?;
    let theirs = json!({"step": "theirs", "value": 61.5, "ids": created["ids"]});
    check(&lines(&mut sdk).await?, &[created, theirs]);
    Ok(())
}
