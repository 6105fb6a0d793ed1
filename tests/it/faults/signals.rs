//! Programs that are told to end.

use std::process::Command;
use std::time::{Duration, Instant};

use edge_platform::Embedded;
use edge_tests::{Http, Observer, Process, example};
use serde_json::Value;

use super::world::{Result, within};

/// The example that goes on until it is interrupted, at a platform of the test's.
async fn greenhouse(embedded: &Embedded) -> Result<Process> {
    let mut command = Command::new(tokio::task::spawn_blocking(|| example("greenhouse")).await?);
    for variable in ["EDGE_API", "EDGE_TOKEN", "CONNECTOR_SERVICE_HOST", "CONNECTOR_SERVICE_PORT"] {
        command.env_remove(variable);
    }
    command.env("RUST_LOG", "warn");
    command.env("EDGE_CONNECTOR", embedded.connector_url()).env("EDGE_HTTP", embedded.http_url());
    command.env("EDGE_MQTT", embedded.mqtt_url()).arg("--forever");
    let process = Process::start(&mut command)?;
    within(60, process.out.wait_for(|line| line.contains("device     temperature 25.5"))).await?;
    Ok(process)
}

#[tokio::test]
async fn r20_an_interrupted_program_has_said_all_and_goodbye() -> Result {
    let embedded = Embedded::start().await?;
    let mut process = greenhouse(&embedded).await?;
    let start = Instant::now();
    let status = within(20, process.signal("INT")).await??;
    println!("R20: SIGINT, {status} after {:?}", start.elapsed());
    let (out, err) = (process.out.end().await, process.err.end().await);
    assert!(status.success() && out.contains("6. goodbye") && err.is_empty(), "{status}\n{out}\n{err}");
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());

    let observer = Observer::connect(embedded.mqtt(), None).await;
    let presence = within(10, observer.subscribe("device/GH-1/presence").await.recv()).await?.unwrap();
    let presence: Value = serde_json::from_slice(&presence)?;
    assert_eq!(presence["status"], "offline", "{presence}");
    let last =
        out.lines().rev().find_map(|line| line.split_once("temperature ")?.1.split(' ').next()).unwrap();
    let last: f64 = last.parse()?;
    let (_, state) = Http::new(embedded.http_url()).get("/device/GH-1/asset/temperature/state").await?;
    // What was set and not said yet is there as well.
    assert!(state["state"]["value"].as_f64().unwrap() >= last, "{state}, and {last} was said");
    drop(observer);
    within(60, embedded.close()).await?;
    Ok(())
}

/// It waited for an acknowledgement, and heard of no signal.
#[tokio::test]
async fn r20_a_program_is_interrupted_while_its_platform_is_away_and_says_what_is_lost() -> Result {
    let embedded = Embedded::start().await?;
    let mut process = greenhouse(&embedded).await?;
    within(60, embedded.close()).await?;
    within(30, process.err.wait_for(|line| line.contains("not connected"))).await?;
    // A period later it has set another value, and waits.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let start = Instant::now();
    let status = within(20, process.signal("INT")).await??;
    println!("R20: SIGINT without a platform, {status} after {:?}", start.elapsed());
    let err = process.err.end().await;
    assert_eq!(status.code(), Some(1), "{err}");
    assert!(err.contains("error: ") && !err.contains("panicked"), "{err}");
    // It waits for deliveries for all of the 5 s that it has (and no longer, by the paused clock:
    // `r20_closing_without_a_broker_takes_no_longer_and_says_what_is_lost`). The sixth is for what is no waiting: starting `kill`,
    // which sends the signal, and ending a process, on a machine that does something else as well.
    assert!(start.elapsed() <= Duration::from_secs(6), "{:?}", start.elapsed());
    Ok(())
}
