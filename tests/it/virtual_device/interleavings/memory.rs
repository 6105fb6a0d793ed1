//! Many interleavings, without a network; those of one thread without waiting, too.

use std::collections::HashSet;
use std::sync::Arc;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{OutboxConfig, Platform};
use edge_tests::TestResult;
use futures_util::future::try_join_all;
use serde_json::Value;
use tempfile::TempDir;

use super::{Peer, Report, case, case_on_threads, seeds};

const SN: &str = "PLANT-1";
const CASES: u64 = 100;
const CASES_ON_THREADS: u64 = 24;
const STEPS: u32 = 60;

struct Memory {
    memory: MemoryPlatform,
    platform: Platform,
    /// Of the store.
    _folder: TempDir,
}

impl Peer for Memory {
    fn platform(&self) -> &Platform {
        &self.platform
    }

    fn sn(&self) -> &str {
        SN
    }

    fn cut(&self) {
        self.memory.cut();
    }

    async fn command(&self, topic: &str, payload: String) {
        self.memory.publish(&format!("device/{SN}/{topic}"), payload);
    }

    async fn state(&self, asset: &str) -> Value {
        self.memory.state(SN, asset).unwrap_or_default()
    }

    async fn reports(&self) -> Vec<Report> {
        let mut known = HashSet::new();
        let (alert, data) = (format!("device/{SN}/alert"), format!("device/{SN}/data"));
        let messages = self.memory.messages().into_iter();
        let reports = messages.filter(|message| [&alert, &data].contains(&&message.topic)).map(|message| {
            let report: Value = serde_json::from_slice(&message.payload).unwrap();
            let name = report.get("alert").or_else(|| report.get("format")).and_then(Value::as_str).unwrap();
            let number = report["value"]["number"].as_u64().unwrap();
            Report { name: name.to_owned(), seq: report["seq"].as_u64().unwrap(), number: number as u32 }
        });
        reports.filter(|report| known.insert(report.seq)).collect()
    }
}

impl Memory {
    fn new() -> Arc<Self> {
        let (memory, folder) = (MemoryPlatform::new(), tempfile::tempdir().unwrap());
        let platform = memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
        Arc::new(Self { memory, platform, _folder: folder })
    }
}

#[tokio::test(start_paused = true)]
async fn interleavings_of_all_that_can_be_done_end_with_the_same_values_and_every_alert() -> TestResult {
    for seed in seeds(0..CASES) {
        // The waits of the device as well.
        fastrand::seed(seed);
        case(Memory::new(), seed, STEPS).await?;
    }
    Ok(())
}

/// With time as it passes, and so that two threads may be in the same device at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn interleavings_on_several_threads_end_with_the_same_values_and_every_alert() -> TestResult {
    let cases = seeds(1000..1000 + CASES_ON_THREADS);
    try_join_all(cases.map(|seed| case_on_threads(Memory::new(), seed, STEPS))).await?;
    Ok(())
}
