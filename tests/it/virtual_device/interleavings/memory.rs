//! Many interleavings, without a network and without waiting.

use std::collections::HashSet;

use edge_runtime::Platform;
use edge_runtime::testing::MemoryPlatform;
use edge_tests::TestResult;
use serde_json::Value;

use super::{Peer, Report, case};

const SN: &str = "PLANT-1";
const CASES: u64 = 100;
const STEPS: u32 = 60;

struct Memory {
    memory: MemoryPlatform,
    platform: Platform,
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

#[tokio::test(start_paused = true)]
async fn interleavings_of_all_that_can_be_done_end_with_the_same_values_and_every_alert() -> TestResult {
    for seed in 0..CASES {
        let memory = MemoryPlatform::new();
        case(&Memory { platform: memory.platform(), memory }, seed, STEPS).await?;
    }
    Ok(())
}
