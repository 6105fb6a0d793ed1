//! Against a real broker, with platform, device and observer as separate processes.

#![allow(clippy::print_stdout, reason = "the figures of each test, shown with `--nocapture`")]

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use edge_platform::{Config, Server};
use edge_runtime::testing::{FaultProxy, MemoryPlatform};
use edge_runtime::{Device, Platform, Receipt};
use edge_tests::{Mosquitto, PlatformProgram, Process, Reader, TestResult, example, publish, subscribe};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::model::{Driver, Greenhouse, SN};

/// The payload of a `mosquitto_sub` line.
fn payload(line: &str) -> Value {
    serde_json::from_str(line.split_once(' ').unwrap().1).unwrap()
}

#[tokio::test]
async fn greenhouse_platform_broker_and_observer_are_separate_processes() -> TestResult {
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    let Some((_observer, seen)) = subscribe(broker.port(), "device/#").await else { return Ok(()) };
    let mut platform = PlatformProgram::start(&["--broker", &broker.url()]).await;
    let mut command = Command::new(example("greenhouse"));
    command.arg("--forever").env("EDGE_CONNECTOR", &platform.connector).env("EDGE_MQTT", broker.url());
    let mut device = Process::start(&mut command)?;

    // An observer that is not ours sees states as any AllThingsTalk client would.
    let topic = "device/GH-1/asset/temperature/state ";
    let state = payload(&seen.wait_for(|line| line.starts_with(topic)).await);
    assert!(state["value"].is_number() && state["at"].as_str().unwrap().ends_with('Z'), "{state}");

    // A command from a client that is not ours reaches the handler; the state says what was applied.
    publish(broker.port(), "device/GH-1/asset/vent/command", r#"{"value":95}"#).await;
    let topic = "device/GH-1/asset/vent/state ";
    let state = payload(&seen.wait_for(|line| line.starts_with(topic)).await);
    assert_eq!(state["value"], 90);
    platform.http.wait_for_state("GH-1", "vent", |value| *value == 90).await;

    // The platform's own commands are answered.
    let outcome = platform.http.command("GH-1", "vent", json!(130)).await?;
    assert_eq!(outcome["status"], "rejected");
    assert_eq!(outcome["reason"], "`vent`: 130 is above the maximum: the limits are 0..100");
    let outcome = platform.http.command("GH-1", "vent", json!(35)).await?;
    assert_eq!((&outcome["status"], &outcome["value"]), (&json!("applied"), &json!(35)));
    let (status, assets) = platform.http.get("/device/GH-1/assets").await?;
    assert_eq!((status, assets.as_array().unwrap().len()), (200, 5));

    // A death without goodbye is announced by the broker.
    device.kill().await?;
    let died = |line: &str| line.starts_with("device/GH-1/presence ") && line.contains("offline");
    seen.wait_for(died).await;
    assert!(platform.process.signal("TERM").await?.success(), "{}", platform.process.err.text());
    Ok(())
}

/// The sequence numbers of an asset's states, in the order in which they came first.
fn first_seen(seen: &edge_tests::Lines, asset: &str) -> Vec<u64> {
    let topic = format!("device/{SN}/asset/{asset}/state ");
    let mut numbers = Vec::new();
    for line in seen.text().lines().filter(|line| line.starts_with(&topic)) {
        let number = payload(line)["seq"].as_u64().unwrap();
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

#[tokio::test]
async fn a_session_that_the_broker_kept_goes_on_where_it_was() -> TestResult {
    let Some(mut broker) = Mosquitto::start_persistent().await else { return Ok(()) };
    let mut config = Config::default();
    config.broker = Some(broker.url().parse()?);
    let server = Server::start(config).await?;
    let platform = Platform::at(server.connector_url(), broker.url()).build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;

    // Ends in the middle of a stream, twice: some states are on their way, some are not.
    let setter = device.clone();
    let stream = tokio::spawn(async move {
        let mut receipts = Vec::new();
        for step in 0..3_000 {
            receipts.push(setter.set_humidity(f64::from(step % 100)).await?);
            tokio::task::yield_now().await;
        }
        Ok::<_, edge_runtime::SetError>(receipts)
    });
    for _ in 0..2 {
        broker.terminate().await;
        broker.restart().await;
        let Some((_observer, seen)) = subscribe(broker.port(), "device/#").await else { return Ok(()) };
        device.set_temperature(1.0).await?.delivered().await?;
        seen.wait_for(|line| line.starts_with("device/GH-1/asset/temperature/state ")).await;
        let numbers = first_seen(&seen, "humidity");
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
    for receipt in stream.await?? {
        tokio::time::timeout(Duration::from_secs(60), receipt.delivered()).await??;
    }
    device.set_humidity(77.0).await?.delivered().await?;
    let http = edge_tests::Http::new(server.http_url());
    http.wait_for_state(SN, "humidity", |value| *value == 77.0).await;
    assert_eq!(http.command(SN, "vent", json!(3)).await?["status"], "applied");
    device.close().await?;
    server.close().await;
    Ok(())
}

#[tokio::test]
async fn garbage_from_a_real_broker_breaks_nothing() -> TestResult {
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    let Some((_observer, seen)) = subscribe(broker.port(), "device/#").await else { return Ok(()) };
    let mut config = Config::default();
    config.broker = Some(broker.url().parse()?);
    let server = Server::start(config).await?;
    let platform = Platform::at(server.connector_url(), broker.url()).build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;

    let topic = "device/GH-1/asset/vent/command";
    let large = format!(r#"{{"id":"large","value":"{}"}}"#, "x".repeat(100_000));
    for payload in ["", "{", "not json", r#"{"id":"half","value":"#, r#"{"id":"range","value":101}"#, &large]
    {
        publish(broker.port(), topic, payload).await;
    }
    publish(broker.port(), "device/GH-1/asset/none/command", r#"{"id":"none","value":1}"#).await;
    publish(broker.port(), topic, r#"{"id":"good","value":41}"#).await;
    let outcomes = "device/GH-1/outcome ";
    let outcome = payload(&seen.wait_for(|line| line.starts_with(outcomes) && line.contains("good")).await);
    assert_eq!((&outcome["status"], device.vent()), (&json!("applied"), 41));
    for (id, reason) in [
        ("half", "malformed payload: EOF"),
        ("range", "`vent`: 101 is above the maximum"),
        ("large", "`vent`: expected integer, found string"),
        ("none", "the device has no asset `none`"),
    ] {
        let answered = |line: &str| line.starts_with(outcomes) && line.contains(&format!(r#""id":"{id}""#));
        let outcome = payload(&seen.wait_for(answered).await);
        assert_eq!(outcome["status"], "rejected");
        assert!(outcome["reason"].as_str().unwrap().starts_with(reason), "{outcome}");
    }
    let births = seen.text().lines().filter(|line| line.contains("online")).count();
    assert_eq!((births, device.stats().rejected), (1, 7), "no reconnect");
    device.close().await?;
    server.close().await;
    Ok(())
}

#[tokio::test]
async fn a_broker_that_is_killed_and_started_again_loses_nothing() -> TestResult {
    let Some(mut broker) = Mosquitto::start().await else { return Ok(()) };
    let mut config = Config::default();
    config.broker = Some(broker.url().parse()?);
    let server = Server::start(config).await?;
    let platform = Platform::at(server.connector_url(), broker.url()).build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    device.set_temperature(20.5).await?.delivered().await?;

    broker.kill().await;
    let mut receipts = Vec::new();
    for step in 1..=50 {
        receipts.push(device.set_temperature(f64::from(step)).await?);
        receipts.push(device.set_humidity(f64::from(100 - step)).await?);
    }
    broker.restart().await;
    for receipt in receipts {
        tokio::time::timeout(Duration::from_secs(60), receipt.delivered()).await??;
    }

    // Commands still arrive, through the platform, which had to come back as well.
    let http = edge_tests::Http::new(server.http_url());
    http.wait_for_state(SN, "humidity", |value| *value == 50.0).await;
    let outcome = http.command(SN, "vent", json!(42)).await?;
    assert_eq!(outcome["status"], "applied", "{outcome}");

    // The last value of every asset is the platform's.
    let last = device.snapshot();
    for (asset, value) in [
        ("temperature", json!(last.temperature)),
        ("humidity", json!(last.humidity)),
        ("sum", json!(last.sum)),
        ("vent", json!(last.vent)),
        ("period", json!(last.period)),
        ("divisor", json!(last.divisor)),
    ] {
        http.wait_for_state(SN, asset, |stored| *stored == value).await;
    }
    device.close().await?;
    server.close().await;
    Ok(())
}

/// How many messages a device has on the wire without acknowledgement, at most.
const WINDOW: usize = 256;
const COUNTER: &str = "COUNTER-1";

#[derive(Device, Clone)]
#[device(model = "urn:test:counter:1")]
struct Counter {
    #[asset(kind = "sensor")]
    count: u64,
}

/// A device that counts as fast as it may, behind a network that can be cut, and a reader at the broker.
struct Counting {
    broker: Mosquitto,
    network: FaultProxy,
    device: CounterDevice,
    reader: Reader,
    counting: JoinHandle<Result<u64, edge_runtime::SetError>>,
    stop: mpsc::Sender<()>,
    /// When each count was acknowledged.
    acknowledged: JoinHandle<Vec<Instant>>,
}

impl Counting {
    async fn start(broker: Mosquitto) -> Result<Self, Box<dyn std::error::Error>> {
        let address = ([127, 0, 0, 1], broker.port()).into();
        let reader = Reader::start(address, "device/#").await;
        let network = FaultProxy::start(address).await?;
        let platform = MemoryPlatform::new().with_broker(&format!("mqtt://{}", network.address()))?;
        let device = platform.device(COUNTER, Counter { count: 0 }).connect().await?;
        let (receipts, received) = mpsc::unbounded_channel();
        // Held by the test: whoever counts stops when it is closed.
        let (stop, stopped) = mpsc::channel(1);
        let acknowledged = tokio::spawn(acknowledgements(received));
        let counting = tokio::spawn(count(device.clone(), receipts, stopped));
        Ok(Self { broker, network, device, reader, counting, stop, acknowledged })
    }

    /// The broker ends and starts again. The reader is back before the device is.
    async fn restart(&mut self, how: impl AsyncFnOnce(&mut Mosquitto)) -> Instant {
        let before = self.reader.subscriptions();
        how(&mut self.broker).await;
        let ended = Instant::now();
        self.network.cut();
        self.broker.restart().await;
        self.reader.subscribed(before + 1).await;
        self.network.restore();
        ended
    }

    /// Waits until the device counts on a connection.
    async fn counts(&self, more: usize) {
        let topic = format!("device/{COUNTER}/asset/count/state");
        let before = self.reader.count(&topic);
        let counts = |heard: &[edge_tests::Heard]| heard.len() >= before + more;
        assert!(self.reader.wait(Duration::from_secs(60), counts).await, "it does not count");
    }

    /// Stops counting, and waits until all is acknowledged: when each was, and which the reader has not heard.
    async fn end(self) -> Result<(Vec<Instant>, Vec<u64>, Reader), Box<dyn std::error::Error>> {
        drop(self.stop);
        let last = self.counting.await??;
        let acknowledged = tokio::time::timeout(Duration::from_secs(90), self.acknowledged).await??;
        assert_eq!(acknowledged.len() as u64, last, "all that was accepted is acknowledged");
        // Until it hears nothing any more: what is new goes before what is late.
        let mut heard = 0;
        while self.reader.wait(Duration::from_secs(2), |all| all.len() > heard).await {
            heard = self.reader.look(<[_]>::len);
        }
        let heard = self.reader.states(COUNTER, "count");
        let heard: BTreeSet<_> = heard.iter().filter_map(|(_, value)| value.as_u64()).collect();
        let missing = (1..=last).filter(|count| !heard.contains(count)).collect();
        tokio::time::timeout(Duration::from_secs(10), self.device.close()).await??;
        Ok((acknowledged, missing, self.reader))
    }
}

async fn count(
    device: CounterDevice,
    receipts: mpsc::UnboundedSender<Receipt>,
    mut stopped: mpsc::Receiver<()>,
) -> Result<u64, edge_runtime::SetError> {
    let mut count = 0;
    while stopped.try_recv() != Err(mpsc::error::TryRecvError::Disconnected) {
        count += 1;
        // Heard as long as somebody waits for acknowledgements.
        let _ = receipts.send(device.set_count(count).await?);
        tokio::task::yield_now().await;
    }
    Ok(count)
}

/// Acknowledgements come in order.
async fn acknowledgements(mut receipts: mpsc::UnboundedReceiver<Receipt>) -> Vec<Instant> {
    let mut times = Vec::new();
    while let Some(receipt) = receipts.recv().await {
        if receipt.delivered().await.is_ok() {
            times.push(Instant::now());
        }
    }
    times
}

async fn killed(times: usize) -> TestResult {
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    let mut counting = Counting::start(broker).await?;
    let mut kills = Vec::new();
    for _ in 0..times {
        counting.counts(2_000).await;
        kills.push(counting.restart(async |broker| broker.kill().await).await);
    }
    counting.counts(1).await;
    let (acknowledged, missing, _) = counting.end().await?;
    let accepted = acknowledged.len();
    println!("R04: {accepted} accepted and acknowledged, {} of them lost by the broker", missing.len());
    for count in missing {
        let at = acknowledged[count as usize - 1];
        let just_before = |kill: &Instant| *kill >= at && *kill - at <= Duration::from_secs(1);
        assert!(kills.iter().any(just_before), "{count} was acknowledged long before a kill");
    }
    Ok(())
}

#[tokio::test]
async fn r04_a_broker_that_is_killed_loses_only_what_it_had_just_acknowledged() -> TestResult {
    killed(1).await
}

#[tokio::test]
#[ignore = "long: the waits before reconnecting grow"]
async fn r04_a_broker_that_is_killed_three_times_loses_only_what_it_had_just_acknowledged() -> TestResult {
    killed(3).await
}

async fn ended(times: usize) -> TestResult {
    let Some(broker) = Mosquitto::start_persistent().await else { return Ok(()) };
    let mut counting = Counting::start(broker).await?;
    for _ in 0..times {
        counting.counts(2_000).await;
        counting.restart(async |broker| broker.terminate().await).await;
    }
    counting.counts(1).await;
    let (acknowledged, missing, reader) = counting.end().await?;
    let all = reader.count(&format!("device/{COUNTER}/asset/count/state"));
    let duplicates = all - (acknowledged.len() - missing.len());
    println!("R05: {} accepted, {} lost, {duplicates} twice", acknowledged.len(), missing.len());
    assert!(missing.is_empty(), "{missing:?}");
    assert!(duplicates <= times * WINDOW, "{duplicates}");
    Ok(())
}

#[tokio::test]
async fn r05_a_broker_that_ends_and_keeps_everything_loses_nothing() -> TestResult {
    ended(1).await
}

#[tokio::test]
#[ignore = "long: the waits before reconnecting grow"]
async fn r05_a_broker_that_ends_three_times_and_keeps_everything_loses_nothing() -> TestResult {
    ended(3).await
}
