//! Against a cluster of three real NATS servers: a device goes on at another node when its own dies.

use std::collections::BTreeSet;
use std::time::Duration;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, Receipt};
use edge_tests::{Heard, NatsCluster, Observer, Reader, TestResult};
use serde_json::Value;
use tokio::time::Instant;

const SN: &str = "METER-1";
/// The node that is never killed: whoever judges is there.
const JUDGE: usize = 2;
/// Of an election and a connection to another node; longer is an error.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Device, Clone)]
#[device(model = "urn:test:nats-meter:1")]
struct Meter {
    #[asset(kind = "sensor")]
    count: u64,
    #[asset(kind = "sensor")]
    half: u64,
    #[asset(kind = "config")]
    target: u64,
}

struct Accepts;

impl MeterHandler for Accepts {}

/// A device on the first node, and who judges on the last.
struct Site {
    cluster: NatsCluster,
    device: MeterDevice,
    reader: Reader,
    observer: Observer,
    count: u64,
    commands: u64,
    receipts: Vec<(u64, Receipt)>,
}

impl Site {
    async fn start() -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let Some(cluster) = NatsCluster::start().await else { return Ok(None) };
        let reader = Reader::start(cluster.mqtt(JUDGE), "device/#").await;
        let observer = Observer::connect(cluster.mqtt(JUDGE), None).await;
        let platform = MemoryPlatform::new().with_broker(&cluster.url_from(0))?;
        let first = Meter { count: 0, half: 0, target: 0 };
        let device = platform.device(SN, first).handler(Accepts).startup_timeout(PATIENCE).connect().await?;
        Ok(Some(Self { cluster, device, reader, observer, count: 0, commands: 0, receipts: Vec::new() }))
    }

    /// Sets states and sends commands for a while.
    async fn work(&mut self, time: Duration) -> TestResult {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.count += 1;
            self.receipts.push((self.count, self.device.set_count(self.count).await?));
            if self.count.is_multiple_of(2) {
                self.receipts.push((0, self.device.set_half(self.count / 2).await?));
            }
            if self.count.is_multiple_of(10) {
                self.command().await?;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Sends a command; the broker has it when this returns.
    async fn command(&mut self) -> TestResult {
        self.commands += 1;
        let id = self.commands;
        let command = format!(r#"{{"id":"{id}","value":{id}}}"#);
        let topic = format!("device/{SN}/asset/target/command");
        tokio::time::timeout(PATIENCE, self.observer.publish(&topic, &command)).await?;
        Ok(())
    }

    /// Waits for all acknowledgements, and for all of it at the reader.
    async fn judge(&mut self) -> TestResult {
        let start = Instant::now();
        let mut acknowledged = BTreeSet::new();
        for (count, receipt) in self.receipts.drain(..) {
            tokio::time::timeout(PATIENCE, receipt.delivered()).await??;
            acknowledged.insert(count);
        }
        let last = self.count;
        let missing = |heard: &[Heard]| acknowledged.iter().filter(|count| !has(heard, **count)).count();
        let all = self.reader.wait(PATIENCE, |heard| heard.len() >= 2 && missing(heard) == 0).await;
        let lost = self.reader.look(missing);
        let commands = self.commands;
        let answered = |heard: &[Heard]| outcomes(heard).len() as u64;
        let all_answered = self.reader.wait(PATIENCE, |heard| answered(heard) == commands).await;
        println!(
            "NATS: {last} states, {lost} lost; {commands} commands, {} answered; all {:?} after the last",
            self.reader.look(answered),
            start.elapsed()
        );
        assert!(all && lost == 0, "lost: {lost}");
        assert!(all_answered, "{:?} of {commands}", self.reader.look(outcomes));
        for (asset, value) in [("count", last), ("half", last / 2)] {
            let newest = self.reader.states(SN, asset).into_iter().max_by_key(|(number, _)| *number);
            assert_eq!(newest.unwrap().1, value, "{asset}");
        }
        assert_eq!((self.device.count(), self.device.target()), (last, commands));
        Ok(())
    }

    async fn end(self) -> TestResult {
        tokio::time::timeout(Duration::from_secs(30), self.device.close()).await??;
        Ok(())
    }
}

/// Whether a count was heard; 0: of another asset.
fn has(heard: &[Heard], count: u64) -> bool {
    let topic = format!("device/{SN}/asset/count/state");
    let is_it =
        |payload: &[u8]| serde_json::from_slice::<Value>(payload).is_ok_and(|state| state["value"] == count);
    count == 0 || heard.iter().any(|heard| heard.topic == topic && is_it(&heard.payload))
}

/// The ids of the commands that were applied.
fn outcomes(heard: &[Heard]) -> BTreeSet<String> {
    let outcome = |heard: &Heard| serde_json::from_slice::<Value>(&heard.payload).unwrap();
    let all = heard.iter().filter(|heard| heard.topic.ends_with("/outcome")).map(outcome);
    all.filter(|outcome| outcome["status"] == "applied")
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_device_and_its_judge_on_different_nodes_understand_each_other() -> TestResult {
    let Some(mut site) = Site::start().await? else { return Ok(()) };
    assert_eq!(site.cluster.node_of(&format!("edge-{SN}")).await, Some(0));
    site.work(Duration::from_secs(1)).await?;
    site.judge().await?;
    site.end().await
}

#[tokio::test]
async fn a_node_that_is_killed_loses_nothing_that_was_acknowledged() -> TestResult {
    let Some(mut site) = Site::start().await? else { return Ok(()) };
    site.work(Duration::from_secs(1)).await?;
    let start = Instant::now();
    site.cluster.kill(0).await;
    site.work(Duration::from_secs(2)).await?;
    site.judge().await?;
    println!("NATS: all well {:?} after the kill", start.elapsed());
    site.end().await
}
