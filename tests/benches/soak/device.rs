//! The device: counts, takes commands, and says in the end what it has accepted.

use std::time::Duration;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, SetError};
use edge_tests::Process;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::Result;

/// Makes the program the device.
pub(super) const WORD: &str = "device";
pub(super) const STARTED: &str = "started";
pub(super) const SN: &str = "SOAK-1";
/// Every asset is set once in this time.
const PERIOD: Duration = Duration::from_millis(50);
pub(super) const ASSETS: [&str; 4] = ["a0", "a1", "a2", "a3"];

#[derive(Device, Clone, Default)]
#[device(model = "urn:test:soak:1")]
struct Soaked {
    #[asset(kind = "sensor")]
    a0: u64,
    #[asset(kind = "sensor")]
    a1: u64,
    #[asset(kind = "sensor")]
    a2: u64,
    #[asset(kind = "sensor")]
    a3: u64,
    #[asset(kind = "config")]
    target: u64,
}

struct Accepts;

impl SoakedHandler for Accepts {}

/// What it says in the end.
pub(super) struct Report {
    /// Of each asset.
    pub(super) accepted: Vec<u64>,
    pub(super) pending: u64,
    /// Tasks that were there after it was closed, more than at the start.
    pub(super) tasks: f64,
}

/// Sets its assets until it is asked to end.
#[allow(clippy::print_stdout, reason = "it is how the processes talk")]
pub(super) async fn run(broker: &str) -> Result {
    let tasks = alive();
    let platform = MemoryPlatform::new().with_broker(broker)?;
    let device = platform.device(SN, Soaked::default()).handler(Accepts).connect().await?;
    println!("{STARTED}");
    let mut ended = signal(SignalKind::terminate())?;
    let mut ticks = tokio::time::interval(PERIOD);
    let mut count = 0;
    loop {
        tokio::select! {
            _ = ended.recv() => break,
            _ = ticks.tick() => {}
        }
        count += 1;
        set(&device, count).await?;
    }
    while device.stats().pending > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let pending = device.close().await.map_or_else(|_| device.stats().pending, |()| 0);
    drop(device);
    // What was aborted is gone when its turn has come.
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!(
        "{}",
        json!({"accepted": vec![count; ASSETS.len()], "pending": pending, "tasks": alive() - tasks})
    );
    Ok(())
}

async fn set(device: &SoakedDevice, count: u64) -> std::result::Result<(), SetError> {
    device.set_a0(count).await?;
    device.set_a1(count).await?;
    device.update(|soaked| soaked.a2 = count).await?;
    device.set_a3(count).await?;
    Ok(())
}

fn alive() -> i64 {
    tokio::runtime::Handle::current().metrics().num_alive_tasks() as i64
}

/// Lets it end; what it has to say.
pub(super) async fn stop(mut process: Process) -> Result<Report> {
    process.send("TERM").await?;
    let line = process.out.wait_for(|line| line.starts_with('{')).await;
    let report: Value = serde_json::from_str(&line)?;
    assert!(process.wait().await?.success(), "{}", process.err.text());
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    Ok(Report {
        accepted: report["accepted"].as_array().into_iter().flatten().map(number).collect(),
        pending: number(&report["pending"]),
        tasks: report["tasks"].as_f64().unwrap_or_default(),
    })
}
