//! What the AllThingsTalk SDK says of itself and does not do.

use std::time::Duration;

use edge_proto::Asset;
use edge_runtime::allthingstalk::{AssetState, BaseClient, Client, ClientError};
use edge_runtime::model::OverwritePolicy;
use edge_runtime::{Channel, ConnectError, Device, ReconcileError, SetError};
use edge_tests::TestResult;
use serde_json::{Value, json};

use super::{cloud, observer, platform};
use crate::model::{Driver, Greenhouse, GreenhouseDevice, SN};

async fn start(platform: &edge_runtime::Platform) -> Result<GreenhouseDevice, ConnectError> {
    platform.device(SN, Greenhouse::new()).handler(Driver).connect().await
}

/// Other limits, another kind, an asset less, and one more.
#[derive(Device, Clone)]
struct Changed {
    /// Air temperature
    #[asset(unit = "°C", min = -40.0, max = 60.0)]
    temperature: f64,
    #[asset(kind = "virtual", unit = "%", min = 0.0, max = 100.0, compute = half(temperature))]
    humidity: f64,
    #[asset]
    light: u16,
}

fn half(temperature: f64) -> f64 {
    temperature.abs() / 2.0
}

#[tokio::test]
async fn overwrite_assets_decides_about_differences() -> TestResult {
    let cloud = cloud().await;
    let (platform, client) = (platform(&cloud), Client::builder("any").http(cloud.http_url()).build()?);
    start(&platform).await?.close().await?;
    let before = client.get_asset(SN, "temperature").await?;
    assert_eq!(before.state.as_ref().unwrap().read::<f64>()?, 20.0);

    let changed = || Changed { temperature: 21.0, humidity: 0.0, light: 1 };
    let error = platform.device(SN, changed()).connect().await.unwrap_err();
    let ConnectError::Reconcile(ReconcileError::AssetMismatch { differences, .. }) = error else {
        panic!("{error}");
    };
    let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        differences,
        ["temperature.maximum: 85 -> 60 (limiting)", "humidity.kind: sensor -> virtual (breaking)"]
    );
    assert!(matches!(client.get_asset(SN, "light").await, Err(ClientError::NotFound { .. })));

    let overwrite = platform.device(SN, changed()).overwrite_assets(OverwritePolicy::Always);
    overwrite.connect().await?.close().await?;
    let after = client.get_asset(SN, "temperature").await?;
    assert_eq!(after.profile().unwrap().maximum, Some(60.into()));
    assert_eq!((after.id, after.state.unwrap().read::<f64>()?), (before.id, 21.0));
    client.get_asset(SN, "vent").await?;

    let prune = platform.device(SN, changed()).overwrite_assets(OverwritePolicy::Prune);
    prune.connect().await?.close().await?;
    let mut names: Vec<_> = client.get_assets(SN).await?.into_iter().map(|asset| asset.name).collect();
    names.sort();
    assert_eq!(names, ["humidity", "light", "temperature"]);

    // Applied twice, nothing is written.
    let updated = cloud.assets(SN).await?;
    platform.device(SN, changed()).overwrite_assets(OverwritePolicy::Prune).connect().await?.close().await?;
    let times =
        |assets: &[edge_platform::AssetRecord]| assets.iter().map(|a| a.updated_at).collect::<Vec<_>>();
    assert_eq!(times(&cloud.assets(SN).await?), times(&updated));
    cloud.close().await;
    Ok(())
}

#[tokio::test]
async fn feed_state_and_event_are_heard_besides_commands() -> TestResult {
    let cloud = cloud().await;
    let (platform, client) = (platform(&cloud), Client::builder("any").http(cloud.http_url()).build()?);
    let device = start(&platform).await?;
    let mut feed = device.listen(Channel::Feed).await?;
    let mut states = device.listen(Channel::State).await?;
    let mut events = device.listen(Channel::Event).await?;

    // What it sets itself comes back as the platform has taken it, and so does what others set for it.
    device.set_temperature(21.5).await?;
    let echo = loop {
        let message = feed.recv().await?;
        if message.asset == "temperature" && message.read::<f64>()? == 21.5 {
            break message;
        }
    };
    assert_eq!(states.recv().await?.at, echo.at);
    client.publish_asset_state(SN, "humidity", &AssetState::now(&33.0)?).await?;
    loop {
        let message = feed.recv().await?;
        if message.asset == "humidity" && message.read::<f64>()? == 33.0 {
            break;
        }
    }
    assert_eq!(device.humidity(), 50.0, "what others report is not what the device knows");

    let other = observer(&cloud).await;
    other
        .publish("device/GH-1/asset/vent/event", r#"{"at":"2031-02-03T04:05:06.789Z","value":"jammed"}"#)
        .await;
    let event = events.recv().await?;
    assert_eq!((event.asset.as_str(), event.read::<String>()?), ("vent", "jammed".to_owned()));
    assert_eq!(event.at, "2031-02-03T04:05:06.789Z".parse()?);
    device.close().await?;
    assert!(
        loop {
            if let Err(error) = events.recv().await {
                break error;
            }
        }
        .to_string()
        .contains("closed")
    );
    cloud.close().await;
    Ok(())
}

#[tokio::test]
async fn a_command_is_answered_by_the_state_and_bad_ones_end_nothing() -> TestResult {
    let cloud = cloud().await;
    let device = start(&platform(&cloud)).await?;
    let other = observer(&cloud).await;
    let topic = "device/GH-1/asset/vent/command";
    for bad in ["", "{", r#"{"at":"2031-02-03T04:05:06Z"}"#, "1700000000|5", r#"{"value":"five"}"#] {
        other.publish(topic, bad).await;
    }
    for failing in ["13", r#"{"value":66}"#, r#"{"Value":130}"#] {
        other.publish(topic, failing).await;
    }
    other.publish("device/GH-1/asset/temperature/command", "1").await;
    other.publish("device/GH-1/asset/nothing/command", "1").await;
    assert_eq!(device.vent(), 0);

    // Ten refused, and still there. What was applied is what the platform then has.
    other.publish(topic, r#"{"at":"2031-02-03T04:05:06.789Z","value":95}"#).await;
    let http = edge_tests::Http::new(cloud.http_url());
    http.wait_for_state(SN, "vent", |value| *value == 90).await;
    assert_eq!((device.vent(), device.is_online()), (90, true));
    // The platform's own commands are answered by that state as well.
    let outcome = http.command(SN, "vent", json!(35)).await?;
    assert_eq!((&outcome["status"], &outcome["value"]), (&json!("applied"), &json!(35)), "{outcome}");
    device.close().await?;
    cloud.close().await;
    Ok(())
}

#[tokio::test]
async fn publish_errors_reach_the_caller() -> TestResult {
    let cloud = cloud().await;
    let client = Client::builder("any").http(cloud.http_url()).build()?;
    let device = start(&platform(&cloud)).await?;
    let state = AssetState::now(&7)?;
    let unknown = client.publish_asset_state(SN, "nothing", &state).await.unwrap_err();
    assert!(matches!(unknown, ClientError::NotFound { .. }) && unknown.to_string().contains("nothing"));
    let too_high = client.publish_asset_state(SN, "temperature", &AssetState::now(&99.0)?).await.unwrap_err();
    assert!(matches!(too_high, ClientError::Rejected { status: 400, .. }), "{too_high}");
    assert!(too_high.to_string().contains("99 is above the maximum"), "{too_high}");
    assert!(AssetState::now(&f64::NAN).is_err());

    // With the SDK, a setter says nothing whatever happens.
    let refused = device.set_temperature(99.0).await.unwrap_err();
    assert!(matches!(refused, SetError::Refused { .. }));
    assert_eq!(device.temperature(), 20.0);
    device.close().await?;
    assert!(matches!(device.set_temperature(21.0).await, Err(SetError::Closed { .. })));
    cloud.close().await;
    Ok(())
}

#[tokio::test]
async fn states_of_several_assets_are_one_message_and_one_call() -> TestResult {
    let cloud = cloud().await;
    let client = Client::builder("any").http(cloud.http_url()).build()?;
    let device = start(&platform(&cloud)).await?;
    let other = observer(&cloud).await;
    let mut seen = other.subscribe("device/GH-1/state").await;
    let update = device.update(|greenhouse| {
        greenhouse.temperature = 25.0;
        greenhouse.humidity = 60.0;
    });
    update.at("2031-02-03T04:05:06.789Z".parse()?).await?.delivered().await?;
    let states: Value = serde_json::from_slice(&seen.recv().await.unwrap())?;
    assert_eq!(
        states,
        json!({
            "temperature": { "at": "2031-02-03T04:05:06.789000Z", "value": 25.0 },
            "humidity": { "at": "2031-02-03T04:05:06.789000Z", "value": 60.0 },
            "sum": { "at": "2031-02-03T04:05:06.789000Z", "value": 85.0 },
        })
    );

    let (temperature, humidity) = (AssetState::now(&26.0)?, AssetState::now(&120.0)?);
    let states = [("temperature", &temperature), ("humidity", &humidity)];
    let error = client.publish_states(SN, states).await.unwrap_err();
    assert!(error.to_string().contains("humidity"), "{error}");
    client.publish_states(SN, [("temperature", &temperature)]).await?;
    let all = client.get_states(SN).await?;
    let value = |name: &str| all.iter().find(|(found, _)| found == name).unwrap().1.read::<f64>();
    assert_eq!((value("temperature")?, value("humidity")?, all.len()), (26.0, 60.0, 7));
    device.close().await?;
    cloud.close().await;
    Ok(())
}

#[tokio::test]
async fn values_have_the_time_at_which_they_held() -> TestResult {
    let cloud = cloud().await;
    let client = Client::builder("any").http(cloud.http_url()).build()?;
    let device = start(&platform(&cloud)).await?;
    let mut times = Vec::new();
    for second in 1..=5 {
        let at = format!("2031-02-03T04:05:0{second}.789Z").parse()?;
        device.set_temperature(f64::from(second)).at(at).await?.delivered().await?;
        times.push(at);
    }
    let last = edge_tests::Http::new(cloud.http_url());
    last.wait_for_state(SN, "temperature", |value| *value == 5.0).await;
    let state = client.get_asset_state(SN, "temperature").await?;
    assert_eq!((state.at, state.read::<f64>()?), (times[4], 5.0));

    let (from, to) = (Some(times[1]), Some(times[3]));
    let history = client.get_history(SN, "temperature", from, to, 0).await?;
    let mut found: Vec<_> = history.states.iter().map(|state| state.at).collect();
    found.sort();
    assert_eq!(found, times[1..=3]);
    let beyond = client.get_history(SN, "temperature", from, to, 1).await?;
    assert_eq!(beyond.states.len(), 0);

    let never = "+10000-01-01T00:00:00Z".parse();
    let year_minus_one = "-000001-01-01T00:00:00Z".parse()?;
    assert!(never.is_err() || device.set_temperature(1.0).at(never.unwrap()).await.is_err());
    let error = device.set_temperature(1.0).at(year_minus_one).await.unwrap_err();
    assert!(matches!(error, SetError::Time { .. }), "{error}");
    assert_eq!(device.temperature(), 5.0);
    device.close().await?;
    cloud.close().await;
    Ok(())
}

#[tokio::test]
async fn disconnecting_sends_what_is_left_and_says_goodbye() -> TestResult {
    let cloud = cloud().await;
    let client = Client::builder("any").http(cloud.http_url()).build()?;
    let device = start(&platform(&cloud)).await?;
    for step in 0..500 {
        device.set_temperature(f64::from(step % 80)).await?;
    }
    device.set_temperature(-7.0).await?;
    device.close().await?;
    assert!(!device.is_online());
    edge_tests::Http::new(cloud.http_url()).wait_for_state(SN, "temperature", |value| *value == -7.0).await;

    let history = client.get_history(SN, "temperature", None, None, 4).await?;
    assert_eq!(history.states.len(), 100, "all 501 values and the first state are there");
    assert!(cloud.counts().refused == 0, "nothing is said that AllThingsTalk has no word for");
    cloud.close().await;
    Ok(())
}

/// A declared asset as the client sends it.
pub(super) fn declared(name: &str) -> Asset {
    let device = Greenhouse::MODEL.declare(&edge_runtime::DeviceId::new(SN).unwrap());
    device.assets.into_iter().find(|asset| asset.name == name).unwrap()
}

/// There are no outcomes: who commands waits for the state, also for one that is there already.
#[tokio::test]
async fn o4_what_is_so_already_is_answered_by_the_state() -> TestResult {
    let cloud = cloud().await;
    let device = start(&platform(&cloud)).await?;
    for _ in 0..3 {
        let outcome = cloud.send_command(SN, "vent", json!(40), Duration::from_secs(30)).await?;
        assert_eq!((outcome.status.to_string().as_str(), device.vent()), ("applied", 40));
    }
    assert_eq!(device.stats().applied, 3);
    Ok(device.close().await?)
}
