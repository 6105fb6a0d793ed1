//! Against a real broker, with platform, device and observer as separate processes.

use std::process::Command;
use std::time::Duration;

use edge_platform::{Config, Server};
use edge_runtime::Platform;
use edge_tests::{Mosquitto, PlatformProgram, Process, TestResult, example, publish, subscribe};
use serde_json::{Value, json};

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
