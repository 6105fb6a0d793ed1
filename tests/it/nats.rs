//! Against a cluster of three real NATS servers: a device goes on at another node when its own dies.

#![allow(clippy::print_stdout, reason = "the figures of each test, shown with `--nocapture`")]

use std::collections::BTreeSet;
use std::time::Duration;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, Receipt};
use edge_tests::{Heard, NatsCluster, Reader, TestResult};
use serde_json::Value;
use tokio::task::JoinSet;
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
    count: u64,
    commands: u64,
    /// On their way to the broker.
    sent: JoinSet<()>,
    receipts: Vec<Receipt>,
}

impl Site {
    async fn start() -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let Some(cluster) = NatsCluster::start().await else { return Ok(None) };
        let reader = Reader::start(cluster.mqtt(JUDGE), "device/#").await;
        let platform = MemoryPlatform::new().with_broker(&cluster.url_from(0))?;
        let first = Meter { count: 0, half: 0, target: 0 };
        let device = platform.device(SN, first).handler(Accepts).startup_timeout(PATIENCE).connect().await?;
        let (sent, receipts) = (JoinSet::new(), Vec::new());
        Ok(Some(Self { cluster, device, reader, count: 0, commands: 0, sent, receipts }))
    }

    /// Sets states and sends commands for a while.
    async fn work(&mut self, time: Duration) -> TestResult {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.count += 1;
            self.receipts.push(self.device.set_count(self.count).await?);
            if self.count.is_multiple_of(2) {
                self.receipts.push(self.device.set_half(self.count / 2).await?);
            }
            if self.count.is_multiple_of(10) {
                self.command();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Sends a command, until the broker has it.
    fn command(&mut self) {
        self.commands += 1;
        let id = self.commands;
        let command = format!(r#"{{"id":"{id}","value":{id}}}"#);
        self.sent.spawn(self.reader.send(format!("device/{SN}/asset/target/command"), command));
    }

    /// Waits for all acknowledgements, and for all that was acknowledged at the reader.
    async fn judge(&mut self) -> TestResult {
        let start = Instant::now();
        for receipt in self.receipts.drain(..) {
            let delivered = tokio::time::timeout(PATIENCE, receipt.delivered());
            delivered.await.map_err(|_| format!("not acknowledged: {:?}", self.device.stats()))??;
        }
        while let Some(sent) = tokio::time::timeout(PATIENCE, self.sent.join_next()).await? {
            sent?;
        }
        let acknowledged = start.elapsed();
        let deadline = Instant::now() + PATIENCE;
        while (self.lost() > 0 || self.unanswered() > 0) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        println!(
            "NATS: {} states, {} lost; {} commands, {} unanswered; all acknowledged after {acknowledged:?}, heard after {:?}",
            self.count,
            self.lost(),
            self.commands,
            self.unanswered(),
            start.elapsed()
        );
        assert_eq!((self.lost(), self.unanswered()), (0, 0), "{:?}", self.device.stats());
        for (asset, value) in [("count", self.count), ("half", self.count / 2)] {
            let newest = self.reader.states(SN, asset).into_iter().max_by_key(|(number, _)| *number);
            assert_eq!(newest.unwrap().1, value, "{asset}");
        }
        assert_eq!(self.device.count(), self.count);
        Ok(())
    }

    /// How many states of each asset the reader has not heard.
    fn lost(&self) -> usize {
        let unheard = |asset, last: u64| {
            let heard = self.reader.states(SN, asset);
            let heard: BTreeSet<_> = heard.iter().filter_map(|(_, value)| value.as_u64()).collect();
            (1..=last).filter(|value| !heard.contains(value)).count()
        };
        unheard("count", self.count) + unheard("half", self.count / 2)
    }

    /// How many commands have no outcome.
    fn unanswered(&self) -> usize {
        let applied = self.reader.look(applied);
        (1..=self.commands).filter(|id| !applied.contains(&id.to_string())).count()
    }

    async fn end(self) -> TestResult {
        tokio::time::timeout(Duration::from_secs(30), self.device.close()).await??;
        Ok(())
    }
}

/// The ids of the commands that were applied.
fn applied(heard: &[Heard]) -> BTreeSet<String> {
    let outcome = |heard: &Heard| serde_json::from_slice::<Value>(&heard.payload).unwrap();
    let all = heard.iter().filter(|heard| heard.topic.ends_with("/outcome")).map(outcome);
    let applied = all.filter(|outcome| outcome["status"] == "applied");
    applied.filter_map(|outcome| outcome["id"].as_str().map(str::to_owned)).collect()
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
    site.cluster.kill(0).await;
    site.work(Duration::from_secs(1)).await?;
    site.judge().await?;
    site.end().await
}

#[tokio::test]
#[ignore = "long: a quarter of a minute for each node that is killed"]
async fn nodes_that_are_killed_one_after_the_other_lose_nothing_that_was_acknowledged() -> TestResult {
    const KILLS: usize = 6;
    let Some(mut site) = Site::start().await? else { return Ok(()) };
    for kill in 0..KILLS {
        site.work(Duration::from_secs(2)).await?;
        // In turn, the device's own node, and the one that leads an election's worth of streams.
        let own = site.cluster.node_of(&format!("edge-{SN}")).await;
        let leader = site.cluster.leader().await;
        let victim = if kill.is_multiple_of(2) { own } else { leader };
        let victim = victim.filter(|node| *node != JUDGE).or(own).filter(|node| *node != JUDGE).unwrap_or(0);
        println!("NATS: kill {kill}: node {victim}, the device is on {own:?}, {leader:?} leads");
        site.cluster.kill(victim).await;
        site.work(Duration::from_secs(5)).await?;
        site.judge().await?;
        site.cluster.restart(victim).await;
    }
    site.end().await
}
