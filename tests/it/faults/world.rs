//! A device of ten assets, its broker, and the judge: what was accepted, and what became of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::ops::{Deref, Range};
use std::time::Duration;

use edge_proto::payload::{self, Stamp};
use edge_proto::topic::{DeviceStream, Stream, Topic};
use edge_runtime::testing::{FaultProxy, Ledger, LedgerBroker, MemoryPlatform, Publish, SteadyClock};
use edge_runtime::{CloseError, Device, DeviceHandle, OutboxConfig, Platform, Set};

use super::chance;
use super::quiet::{self, Quiet};

pub(super) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

pub(super) const SN: &str = "TEN-1";

/// Every asset counts from 1; 0 is the first state.
#[derive(Device, Clone, Debug, Default)]
#[device(model = "urn:test:ten:1")]
pub(super) struct Ten {
    #[asset(kind = "sensor")]
    pub(super) a0: u64,
    #[asset(kind = "sensor")]
    a1: u64,
    #[asset(kind = "sensor")]
    a2: u64,
    #[asset(kind = "sensor")]
    a3: u64,
    #[asset(kind = "sensor")]
    a4: u64,
    #[asset(kind = "sensor")]
    a5: u64,
    #[asset(kind = "sensor")]
    a6: u64,
    #[asset(kind = "sensor")]
    a7: u64,
    #[asset(kind = "sensor")]
    a8: u64,
    #[asset(kind = "sensor")]
    a9: u64,
}

pub(super) const ASSETS: usize = 10;

/// How many messages a device has on the wire without acknowledgement, at most.
pub(crate) const WINDOW: usize = 256;

/// Sets one of the assets, by its number.
pub(super) fn set(device: &TenDevice, asset: usize, value: u64) -> Set<'_> {
    match asset {
        0 => device.set_a0(value),
        1 => device.set_a1(value),
        2 => device.set_a2(value),
        3 => device.set_a3(value),
        4 => device.set_a4(value),
        5 => device.set_a5(value),
        6 => device.set_a6(value),
        7 => device.set_a7(value),
        8 => device.set_a8(value),
        _ => device.set_a9(value),
    }
}

/// A broker, a registry in memory, and the clock.
pub(super) struct World {
    pub(super) broker: LedgerBroker,
    pub(super) memory: MemoryPlatform,
    quiet: Quiet,
    _clock: SteadyClock,
}

impl World {
    pub(super) async fn new() -> Result<Self> {
        chance::sow();
        let clock = SteadyClock::start();
        let quiet = Quiet::now();
        let broker = LedgerBroker::start().await?;
        Ok(Self { broker, memory: MemoryPlatform::new(), quiet, _clock: clock })
    }

    pub(super) fn platform(&self) -> Result<Platform> {
        Ok(self.memory.with_broker(&self.broker.url())?)
    }

    pub(super) async fn ten(&self) -> Result<TenDevice> {
        Ok(self.platform()?.device(SN, Ten::default()).connect().await?)
    }

    /// A device behind a proxy.
    pub(super) async fn behind(&self) -> Result<(FaultProxy, TenDevice)> {
        self.behind_with(OutboxConfig::new()).await
    }

    /// A device behind a proxy, with an outbox of its own making.
    pub(super) async fn behind_with(&self, outbox: OutboxConfig) -> Result<(FaultProxy, TenDevice)> {
        let proxy = FaultProxy::start(self.broker.address()).await?;
        let platform = self.memory.with_broker(&format!("mqtt://{}", proxy.address()))?;
        Ok((proxy, platform.outbox(outbox).device(SN, Ten::default()).connect().await?))
    }

    /// Accepts states, in turn for each asset, from one step to another, and waits until all are delivered.
    pub(super) async fn stream(&self, device: &TenDevice, steps: Range<u64>) -> Result {
        within(3600, async {
            for step in steps {
                set(device, step as usize % ASSETS, step / ASSETS as u64 + 1).await?;
            }
            while device.stats().pending > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        })
        .await?
    }

    /// Judges a stream of so many states.
    pub(super) fn judge(&self, states: u64) -> Figures {
        let accepted = |asset: u64| (states + ASSETS as u64 - 1 - asset) / ASSETS as u64;
        let last = (0..ASSETS as u64).map(|asset| (format!("a{asset}"), accepted(asset)));
        self.broker.look(|ledger| Figures::new(ledger, &last.collect()))
    }

    /// Judges assets that counted to these values.
    pub(super) fn judge_last(&self, last: &[(usize, u64)]) -> Figures {
        let last = last.iter().map(|(asset, last)| (format!("a{asset}"), *last));
        self.broker.look(|ledger| Figures::new(ledger, &last.collect()))
    }

    /// Ends the world with its only device; nothing of it may go on running.
    pub(super) async fn end<D: Deref<Target = DeviceHandle>>(self, device: D) -> Result {
        self.end_with(async move { device.close().await }).await
    }

    /// As [`end`](Self::end), with whatever closes like this.
    pub(super) async fn end_with(
        self,
        close: impl Future<Output = std::result::Result<(), CloseError>>,
    ) -> Result {
        within(600, close).await??;
        self.end_without().await;
        Ok(())
    }

    /// As [`end`](Self::end), where no device has started, or all of them are gone: what failed to start leaves nothing behind.
    pub(super) async fn end_without(self) {
        let Self { broker, memory, quiet, .. } = self;
        drop((broker, memory));
        quiet.end().await;
    }
}

/// A future's value, unless it takes so many seconds. Nothing of ours has panicked until then.
pub(super) async fn within<F: Future>(seconds: u64, future: F) -> Result<F::Output> {
    let value = tokio::time::timeout(Duration::from_secs(seconds), future).await?;
    quiet::check();
    Ok(value)
}

/// What became of what was accepted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) lost: usize,
    pub(super) duplicates: usize,
    /// The most of them on one connection.
    pub(super) at_once: usize,
    /// Order of first delivery broken within an asset.
    pub(super) inversions: usize,
    /// Assets whose last value the platform does not have.
    pub(super) stale: usize,
    /// Sent again without DUP.
    pub(super) unmarked: usize,
    /// Sent again with another packet id.
    pub(super) renumbered: usize,
    pub(super) connects: usize,
}

impl Figures {
    /// What came twice or was overtaken, and the assets that are stale. What never came is not in it.
    pub(super) fn disorder(&self) -> usize {
        self.duplicates + self.inversions + self.stale
    }

    fn new(ledger: &Ledger, accepted: &BTreeMap<String, u64>) -> Self {
        let mut figures = Self { connects: ledger.connects().count(), ..Self::default() };
        let mut finals = HashMap::<String, (Option<Stamp>, u64)>::new();
        let mut delivered = HashMap::<String, Vec<(u64, usize, &Publish)>>::new();
        let mut again = HashMap::<usize, usize>::new();
        for (record, publish) in ledger.publishes() {
            for (asset, stamp, value) in states(publish) {
                let newest = finals.entry(asset.clone()).or_default();
                if stamp >= newest.0 {
                    *newest = (stamp, value);
                }
                if publish.topic.contains("/asset/") {
                    delivered.entry(asset).or_default().push((value, record.connection, publish));
                }
            }
        }
        for (asset, &last) in accepted {
            let mut first = BTreeMap::new();
            // What is late says so, and has an order of its own.
            let mut newest = [0, 0];
            for &(value, connection, publish) in delivered.get(asset).into_iter().flatten() {
                if let Some(packet_id) = first.get(&value) {
                    figures.duplicates += 1;
                    *again.entry(connection).or_default() += 1;
                    figures.unmarked += usize::from(!publish.dup);
                    figures.renumbered += usize::from(publish.packet_id != *packet_id);
                    continue;
                }
                first.insert(value, publish.packet_id);
                let newest = &mut newest[usize::from(is_late(publish))];
                figures.inversions += usize::from(value < *newest);
                *newest = value.max(*newest);
            }
            figures.lost += (1..=last).filter(|value| !first.contains_key(value)).count();
            figures.stale += usize::from(finals.get(asset).is_none_or(|(_, value)| *value != last));
        }
        figures.at_once = again.into_values().max().unwrap_or(0);
        figures
    }
}

fn is_late(publish: &Publish) -> bool {
    payload::read_state(&publish.payload).is_ok_and(|state| state.historical)
}

/// The states in a message: asset, stamp, value.
pub(super) fn states(publish: &Publish) -> Vec<(String, Option<Stamp>, u64)> {
    let value = |state: payload::State| serde_json::from_str(state.value.unwrap().get()).unwrap();
    match Topic::parse(&publish.topic) {
        Some(Topic::Asset { asset, stream: Stream::State, .. }) => {
            let state = payload::read_state(&publish.payload).unwrap();
            vec![(asset.to_owned(), state.stamp, value(state))]
        }
        Some(Topic::Device { stream: DeviceStream::State, .. }) => {
            let states = payload::read_states(&publish.payload).unwrap();
            states.into_iter().map(|(asset, state)| (asset, state.stamp, value(state))).collect()
        }
        _ => Vec::new(),
    }
}

/// The values of one asset, each at its first delivery on its own topic, with the sequence numbers.
pub(super) fn first_deliveries(ledger: &Ledger, asset: &str) -> Vec<(u64, u64)> {
    let mut seen = BTreeSet::new();
    let topic = format!("device/{SN}/asset/{asset}/state");
    let publishes = ledger.publishes().filter(|(_, publish)| publish.topic == topic);
    let states = publishes.flat_map(|(_, publish)| states(publish));
    states
        .filter_map(|(_, stamp, value)| {
            let seq = stamp.unwrap().seq;
            seen.insert(seq).then_some((seq, value))
        })
        .collect()
}
