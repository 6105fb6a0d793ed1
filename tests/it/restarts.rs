//! A real broker that ends, or is killed, in the middle of a stream: what becomes of what it had acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use edge_runtime::testing::{FaultProxy, MemoryPlatform};
use edge_runtime::{Device, OutboxConfig, Receipt, SetError};
use edge_tests::bench::Figures;
use edge_tests::{Heard, Mosquitto, Reader, TestResult};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::faults::quiet::Quiet;
use crate::faults::world::WINDOW;

const COUNTER: &str = "COUNTER-1";

#[derive(Device, Clone)]
#[device(model = "urn:test:counter:1")]
struct Counter {
    #[asset(kind = "sensor")]
    count: u64,
}

/// A device that counts as fast as it may, and a reader, each behind a network that can be cut.
struct Counting {
    broker: Mosquitto,
    network: FaultProxy,
    device: CounterDevice,
    line: FaultProxy,
    reader: Reader,
    counting: JoinHandle<Result<u64, SetError>>,
    stop: mpsc::Sender<()>,
    /// When each count was acknowledged.
    acknowledged: JoinHandle<Vec<Instant>>,
    /// How many were.
    count: watch::Receiver<usize>,
}

impl Counting {
    async fn start(broker: Mosquitto) -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_with(broker, OutboxConfig::new()).await
    }

    async fn start_with(broker: Mosquitto, outbox: OutboxConfig) -> Result<Self, Box<dyn std::error::Error>> {
        let address = broker.address();
        let line = FaultProxy::start(address).await?;
        let reader = Reader::start(line.address(), "device/#").await;
        let network = FaultProxy::start(address).await?;
        let platform = MemoryPlatform::new().with_broker(&format!("mqtt://{}", network.address()))?;
        let device = platform.outbox(outbox).device(COUNTER, Counter { count: 0 }).connect().await?;
        let (receipts, received) = mpsc::unbounded_channel();
        // Held by the test: whoever counts stops when it is closed.
        let (stop, stopped) = mpsc::channel(1);
        let (counted, all) = watch::channel(0);
        let acknowledged = tokio::spawn(acknowledgements(received, counted));
        let counting = tokio::spawn(count(device.clone(), receipts, stopped));
        Ok(Self { broker, network, device, line, reader, counting, stop, acknowledged, count: all })
    }

    /// The reader goes, and so many more are acknowledged: nobody has them but the broker.
    async fn counts_unheard(&mut self, more: usize) -> TestResult {
        self.line.cut();
        let before = *self.count.borrow();
        let counted = self.count.wait_for(|count| *count >= before + more);
        tokio::time::timeout(Duration::from_secs(60), counted).await??;
        Ok(())
    }

    /// The broker ends and starts again. The reader is back before the device is. Returns since when the broker may have ended,
    /// and until when nobody was there.
    async fn restart(&mut self, how: impl AsyncFnOnce(&mut Mosquitto)) -> Range<Instant> {
        let before = self.reader.subscriptions();
        let start = Instant::now();
        how(&mut self.broker).await;
        self.network.cut();
        self.broker.restart().await;
        self.line.restore();
        self.reader.subscribed(before + 1).await;
        let end = Instant::now();
        self.network.restore();
        start..end
    }

    /// Waits until the device counts on a connection.
    async fn counts(&self, more: usize) {
        let topic = format!("device/{COUNTER}/asset/count/state");
        let before = self.reader.count(&topic);
        let counts = |heard: &[Heard]| heard.len() >= before + more;
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
) -> Result<u64, SetError> {
    let mut count = 0;
    while stopped.try_recv() != Err(mpsc::error::TryRecvError::Disconnected) {
        count += 1;
        // Heard as long as somebody waits for acknowledgements.
        let _ = receipts.send(device.set_count(count).await?);
        tokio::task::yield_now().await;
    }
    Ok(count)
}

/// When each was acknowledged. That is not in the order of their numbers: what is new goes before what is late.
async fn acknowledgements(
    mut receipts: mpsc::UnboundedReceiver<Receipt>,
    count: watch::Sender<usize>,
) -> Vec<Instant> {
    let (mut times, mut waiting) = (BTreeMap::new(), FuturesUnordered::new());
    let mut numbers = 0_usize..;
    loop {
        tokio::select! {
            Some(receipt) = receipts.recv() => {
                let number = numbers.next();
                waiting.push(async move { receipt.delivered().await.map(|()| (number, Instant::now())) });
            }
            Some(delivered) = waiting.next() => {
                times.extend(delivered);
                count.send_replace(times.len());
            }
            else => return times.into_values().collect(),
        }
    }
}

async fn killed(times: usize) -> TestResult {
    let quiet = Quiet::now();
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    let mut counting = Counting::start(broker).await?;
    let mut kills = Vec::new();
    for _ in 0..times {
        counting.counts(2_000).await;
        kills.push(counting.restart(async |broker| broker.kill().await).await);
    }
    counting.counts(1).await;
    // Each that was accepted is acknowledged, or that would have failed.
    let (acknowledged, missing, reader) = counting.end().await?;
    drop(reader);
    quiet.end().await;
    let long_before = |count: &&u64| {
        let at = acknowledged[**count as usize - 1];
        // What is heard of while nobody is there was said before.
        !kills.iter().any(|kill| at + Duration::from_secs(1) >= kill.start && at < kill.end)
    };
    let lost: Vec<_> = missing.iter().filter(long_before).collect();
    let mut figures = Figures::default();
    figures.tell(&format!("R04: accepted and acknowledged, {times} kills"), acknowledged.len() as f64, "");
    figures.tell(
        "R04: acknowledged just before a kill, and lost by the broker",
        (missing.len() - lost.len()) as f64,
        "",
    );
    figures.at_most("R04: acknowledged long before a kill, and lost", lost.len() as f64, 0.0, "");
    Ok(figures.met().map_err(|missed| format!("{missed}: {lost:?}"))?)
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
    let quiet = Quiet::now();
    let Some(broker) = Mosquitto::start_persistent().await else { return Ok(()) };
    let mut counting = Counting::start(broker).await?;
    for _ in 0..times {
        counting.counts(2_000).await;
        counting.counts_unheard(1_000).await?;
        counting.restart(async |broker| broker.terminate().await).await;
    }
    what_is_kept(counting, times, 0, quiet).await
}

/// What a broker keeps through so many ends is all that it has acknowledged, but for so many, and what was on its way then
/// comes twice at most. What was on its way to the reader comes twice, too, and is marked: that is between the broker and its
/// reader.
async fn what_is_kept(counting: Counting, ends: usize, lost: usize, quiet: Quiet) -> TestResult {
    counting.counts(1).await;
    let (acknowledged, missing, reader) = counting.end().await?;
    let (by_device, by_broker) = reader.look(|heard| {
        let mut seen = BTreeSet::new();
        let counts = heard.iter().filter_map(|heard| Some((heard.state()?.0, heard.again)));
        let repeated = counts.filter(|(seq, _)| !seen.insert(*seq));
        let (by_broker, by_device): (Vec<_>, Vec<_>) = repeated.partition(|(_, again)| *again);
        (by_device.len(), by_broker.len())
    });
    drop(reader);
    quiet.end().await;
    let mut figures = Figures::default();
    figures.tell(&format!("R05: accepted, {ends} ends of the broker"), acknowledged.len() as f64, "");
    figures.at_most("R05: lost", missing.len() as f64, lost as f64, "");
    figures.at_most("R05: sent twice by the device", by_device as f64, (ends * WINDOW) as f64, "");
    figures.tell("R05: sent twice by the broker, to the reader", by_broker as f64, "");
    Ok(figures.met()?)
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

/// With a broker that writes down what it knows before it goes on. It takes a hundred in a second: no more may wait at
/// the end than it can take. It acknowledges a message, writes it down, and only then reads the next one: the last one of
/// before a kill may be acknowledged and not written.
async fn killed_and_durable(times: usize) -> TestResult {
    let quiet = Quiet::now();
    let Some(broker) = Mosquitto::start_durable().await else { return Ok(()) };
    let mut counting = Counting::start_with(broker, OutboxConfig::new().messages(2 * WINDOW)).await?;
    for _ in 0..times {
        counting.counts(300).await;
        counting.counts_unheard(100).await?;
        counting.restart(async |broker| broker.kill().await).await;
    }
    what_is_kept(counting, times, times, quiet).await
}

#[tokio::test]
async fn r05_a_broker_that_is_killed_has_what_it_has_written_down() -> TestResult {
    killed_and_durable(1).await
}

#[tokio::test]
#[ignore = "long: the waits before reconnecting grow"]
async fn r05_a_broker_that_is_killed_three_times_has_what_it_has_written_down() -> TestResult {
    killed_and_durable(3).await
}
