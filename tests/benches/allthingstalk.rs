//! AllThingsTalk: what a state costs the device that sets it, beside the SDK for Python, on one platform.
//!
//! Ours goes by MQTT, theirs is an HTTP request for each. The platform is a process of its own, and so is
//! theirs; the device that is ours runs in this one.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use edge_runtime::allthingstalk::{BaseClient as _, Client};
use edge_runtime::{Device, Platform};
use edge_tests::bench::{self, Figures, median};
use edge_tests::{PlatformProgram, Python, TestResult};
use serde_json::Value;

/// How often each is done, in turns.
const REPETITIONS: usize = 5;
const OURS: i64 = 50_000;
const THEIRS: usize = 500;

/// As the script has it.
const MASTER: &str = "maker:4CanaryMaster";
const DEVICE: &str = "BENCH-RUST";
const COUNTER: &str = "counter";

/// How long the platform may take to store what is on its way.
const STORED: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    bench::main(run)
}

/// What both set.
#[derive(Device, Clone)]
struct Counter {
    #[asset]
    counter: i64,
}

/// One repetition of one side: updates per second, and microseconds of CPU for each.
struct Run {
    rate: f64,
    cpu: f64,
}

async fn run(figures: &mut Figures) -> TestResult {
    let Some(python) = Python::with_allthingstalk() else { return Ok(()) };
    let platform = PlatformProgram::start(&["--token", MASTER, "--auto-create"]).await;
    let client = Client::builder(MASTER).http(platform.http.url()).build()?;
    let cloud = Platform::allthingstalk(MASTER).http(platform.http.url()).mqtt(&platform.mqtt).build()?;
    let device = cloud.device(DEVICE, Counter { counter: 0 }).connect().await?;
    let (mut our_runs, mut their_runs) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        our_runs.push(ours(&device, &client).await?);
        their_runs.push(theirs(&python, &platform).await?);
    }
    device.close().await?;
    let shares = our_runs.iter().zip(&their_runs).map(|(ours, theirs)| ours.cpu / theirs.cpu * 100.0);
    let share = median(shares.collect());
    let of = |runs: &[Run], figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    figures.tell("a state until it is stored: ours", of(&our_runs, |run| run.rate), "states/s");
    figures.tell("a state until it is stored: the Python SDK", of(&their_runs, |run| run.rate), "states/s");
    figures.tell("CPU of a state: ours", of(&our_runs, |run| run.cpu), "us");
    figures.tell("CPU of a state: the Python SDK", of(&their_runs, |run| run.cpu), "us");
    figures.at_most("CPU of a state: ours / the Python SDK's", share, 1.0, "%");
    Ok(())
}

async fn ours(device: &CounterDevice, client: &Client) -> Result<Run, Box<dyn std::error::Error>> {
    let (start, before) = (Instant::now(), cpu());
    let last = device.counter() + OURS;
    for value in device.counter() + 1..last {
        device.set_counter(value).await?;
    }
    device.set_counter(last).await?.delivered().await?;
    // The device's work is done. To ask whether the platform's is, too, is not the device's.
    let cpu = (cpu() - before) / OURS as f64;
    tokio::time::timeout(STORED, stored(client, last))
        .await
        .map_err(|_| "the last state was not stored")??;
    Ok(Run { rate: OURS as f64 / start.elapsed().as_secs_f64(), cpu })
}

async fn stored(client: &Client, last: i64) -> TestResult {
    while client.get_asset_state(DEVICE, COUNTER).await?.read::<i64>()? != last {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// The script measures itself, without its start.
async fn theirs(python: &Python, platform: &PlatformProgram) -> Result<Run, Box<dyn std::error::Error>> {
    let broker = platform.mqtt.trim_start_matches("mqtt://");
    let arguments = ["bench", platform.http.url(), broker, &THEIRS.to_string()];
    let mut process = python.start("allthingstalk_sdk.py", &arguments);
    let status = process.wait().await?;
    let line = process.out.end().await;
    if !status.success() {
        return Err(line.into());
    }
    let line: Value = serde_json::from_str(&line)?;
    let seconds = |name: &str| line[name].as_f64().ok_or("the script has not measured it");
    let count = THEIRS as f64;
    Ok(Run { rate: count / seconds("seconds")?, cpu: seconds("cpu")? * 1e6 / count })
}

/// The CPU time of this process so far, in microseconds. Linux counts it in hundredths of a second.
fn cpu() -> f64 {
    const TICK: f64 = 10_000.0;
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this is measured on Linux");
    // Behind the name, which may hold anything: the times of the program and of the system for it.
    let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
    let times = fields.split_whitespace().skip(11).take(2);
    times.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * TICK
}
