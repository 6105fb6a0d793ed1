//! The device: counts, takes commands, and says in the end what it has accepted.

use std::alloc::System;
use std::time::{Duration, Instant};

use cap::Cap;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, OutboxConfig, SetError};
use edge_tests::Process;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::Result;

/// Counts, and limits nothing: what the process has resident is the allocator's matter as well.
#[global_allocator]
static ALLOCATED: Cap<System> = Cap::new(System, usize::MAX);

/// Makes the program the device.
pub(super) const WORD: &str = "device";
pub(super) const STARTED: &str = "started";
pub(super) const SN: &str = "SOAK-1";
/// Every asset is set once in this time. Not more often: a Mosquitto that forgets nothing writes all that it has for each
/// message, and on a busy machine takes a hundred in a second.
const PERIOD: Duration = Duration::from_millis(100);
/// So many messages wait at most: fewer than come together while the network is down in the beginning. From then on all
/// that holds them has had its greatest size.
const OUTBOX: usize = 2_500;
pub(super) const ASSETS: [&str; 5] = ["a0", "a1", "a2", "a3", "letter"];
/// The most bytes of a letter.
const LETTER: usize = 4096;

#[derive(Device, Clone, Default)]
#[device(model = "urn:test:soak:1")]
struct Soaked {
    #[asset(kind = "sensor")]
    a0: u64,
    #[asset(kind = "sensor")]
    a1: u64,
    #[asset(kind = "sensor")]
    a2: u64,
    #[asset(kind = "sensor", retention = "stored")]
    a3: u64,
    /// Says its count and as much as follows from that.
    #[asset(kind = "sensor")]
    letter: String,
    #[asset(kind = "config")]
    target: u64,
}

/// What a count is as a letter: of any length, and no two alike.
pub(super) fn letter(count: u64) -> String {
    let mut random = fastrand::Rng::with_seed(count);
    let text = std::iter::repeat_with(|| random.alphanumeric());
    let length = fastrand::Rng::with_seed(!count).usize(..LETTER);
    format!("{count} {}", text.take(length).collect::<String>())
}

struct Accepts;

impl SoakedHandler for Accepts {}

/// How often it says how it is.
const SAYS: Duration = Duration::from_secs(1);
/// No more wait for their acknowledgement when all is well.
const FEW: usize = 20;
const IS: &str = "is";
const ACCEPTED: &str = "accepted";

/// How it is at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    /// Since the start.
    pub(super) minutes: f64,
    /// Memory in use, in KiB.
    pub(super) used: f64,
    /// That are open.
    pub(super) files: usize,
    pub(super) pending: usize,
    pub(super) is_online: bool,
}

impl Look {
    fn at(device: &SoakedDevice, start: Instant) -> Self {
        Self {
            minutes: start.elapsed().as_secs_f64() / 60.0,
            used: ALLOCATED.allocated() as f64 / 1024.0,
            files: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            pending: device.stats().pending,
            is_online: device.is_online(),
        }
    }

    fn line(self) -> String {
        let Self { minutes, used, files, pending, is_online } = self;
        format!("{IS} {minutes:.4} {used:.1} {files} {pending} {is_online}")
    }

    pub(super) fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix(IS)?.split_whitespace();
        Some(Self {
            minutes: words.next()?.parse().ok()?,
            used: words.next()?.parse().ok()?,
            files: words.next()?.parse().ok()?,
            pending: words.next()?.parse().ok()?,
            is_online: words.next()?.parse().ok()?,
        })
    }

    /// Whether all that was set is delivered, but for what was set just now.
    pub(super) fn has_caught_up(&self) -> bool {
        self.is_online && self.pending <= FEW
    }
}

/// All looks so far.
pub(super) fn looks(text: &str) -> Vec<Look> {
    text.lines().filter_map(Look::read).collect()
}

/// What it says in the end.
pub(super) struct Report {
    pub(super) looks: Vec<Look>,
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
    let folder = tempfile::tempdir()?;
    let platform = MemoryPlatform::new().with_broker(broker)?;
    let platform = platform.outbox(OutboxConfig::new().messages(OUTBOX).folder(folder.path()));
    let device = platform.device(SN, Soaked::default()).handler(Accepts).connect().await?;
    println!("{STARTED}");
    let mut ended = signal(SignalKind::terminate())?;
    let mut ticks = tokio::time::interval(PERIOD);
    let mut says = tokio::time::interval(SAYS);
    let start = Instant::now();
    let mut count = 0;
    loop {
        tokio::select! {
            _ = ended.recv() => break,
            _ = says.tick() => {
                println!("{}", Look::at(&device, start).line());
                continue;
            }
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
        json!({ACCEPTED: vec![count; ASSETS.len()], "pending": pending, "tasks": alive() - tasks})
    );
    Ok(())
}

async fn set(device: &SoakedDevice, count: u64) -> std::result::Result<(), SetError> {
    device.set_a0(count).await?;
    device.set_a1(count).await?;
    device.update(|soaked| soaked.a2 = count).await?;
    device.set_a3(count).await?;
    device.set_letter(letter(count)).await?;
    Ok(())
}

fn alive() -> i64 {
    tokio::runtime::Handle::current().metrics().num_alive_tasks() as i64
}

/// Lets it end; what it has to say.
pub(super) async fn stop(mut process: Process) -> Result<Report> {
    process.send("TERM").await?;
    let line = process.out.wait_for(|line| line.contains(ACCEPTED)).await;
    let looks = looks(&process.out.text());
    let report: Value = serde_json::from_str(&line)?;
    assert!(process.wait().await?.success(), "{}", process.err.text());
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    Ok(Report {
        looks,
        accepted: report[ACCEPTED].as_array().into_iter().flatten().map(number).collect(),
        pending: number(&report["pending"]),
        tasks: report["tasks"].as_f64().unwrap_or_default(),
    })
}
