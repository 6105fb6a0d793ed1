//! Whatever is done in whatever order, the device and the platform have the same values in the end, and every alert is
//! there, once and in its order.

mod memory;
mod plant;
mod real;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use edge_runtime::{Errors, Platform};
use edge_tests::TestResult;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::faults::chance;
use plant::{ASSETS, Actor, Driver, Plant, PlantDevice, Said, give_pipelines, is_by, width};

const ACTORS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(120);

/// A platform that says what it has heard of the plant.
trait Peer: Send + Sync {
    fn platform(&self) -> &Platform;

    /// The plant's serial number there.
    fn sn(&self) -> &str;

    /// Breaks the connection.
    fn cut(&self);

    /// Sends to a topic below the plant's.
    fn command(&self, topic: &str, payload: String) -> impl Future<Output = ()> + Send;

    /// The state that it has.
    async fn state(&self, asset: &str) -> Value;

    /// Alerts and data, each once, in the order in which they came first.
    async fn reports(&self) -> Vec<Report>;
}

/// An alert, or data.
#[derive(Clone, Debug, PartialEq)]
struct Report {
    name: String,
    seq: u64,
    number: u32,
}

/// What is asked of the peer at the end.
#[derive(Clone, Debug, PartialEq)]
struct Heard {
    values: Vec<Value>,
    reports: Vec<Report>,
}

impl Heard {
    async fn by(peer: &impl Peer) -> Self {
        let mut values = Vec::new();
        for asset in ASSETS {
            values.push(peer.state(asset).await);
        }
        Self { values, reports: peer.reports().await }
    }

    fn numbers(&self, name: &str, actor: Option<u32>) -> Vec<u32> {
        let of = self.reports.iter().filter(|it| it.name == name && is_by(actor, it.number));
        of.map(|report| report.number).collect()
    }

    /// What is not as it should be, if something is not.
    fn objection(&self, case: &Case) -> Option<String> {
        let Case { plant, said, .. } = case;
        for (asset, found) in ASSETS.iter().zip(&self.values) {
            if !case.may_have(asset, found) {
                let (of_device, told) = (plant.get(asset).unwrap(), said.band());
                return Some(format!(
                    "`{asset}`: the device has {of_device}, the platform {found} (`band`: {told})"
                ));
            }
        }
        for (name, is_each) in [("seen", true), ("hot", true), ("crest", false)] {
            // Two actors' alerts are said in any order.
            let actors = if is_each { (0..ACTORS).map(Some).collect() } else { vec![None] };
            for actor in actors {
                let (wanted, found) = (said.of(name, actor), self.numbers(name, actor));
                if wanted != found {
                    return Some(format!("`{name}` of {actor:?}: {wanted:?} were said, {found:?} heard"));
                }
            }
        }
        // Data may be a backlog, behind what is newer.
        let (mut wanted, mut found) = (said.of("trip", None), self.numbers("trip", None));
        wanted.sort_unstable();
        found.sort_unstable();
        if wanted != found {
            return Some(format!("{wanted:?} were submitted, {found:?} heard"));
        }
        // What is in memory only does not wait for the disk with what is stored.
        for names in [&["seen"][..], &["hot", "crest"]] {
            let alerts = self.reports.iter().filter(|it| names.contains(&&*it.name));
            let order: Vec<_> = alerts.map(|it| it.seq).collect();
            if !order.is_sorted() {
                return Some(format!("{names:?} came in the order {order:?}"));
            }
        }
        None
    }
}

/// The seeds of these cases: the same ones each time, unless `EDGE_SEED` asks for others.
fn seeds(cases: Range<u64>) -> Range<u64> {
    let first = chance::told().unwrap_or_default() << 16;
    first + cases.start..first + cases.end
}

/// One interleaving, of actors that take turns where they wait. `steps`: of each of them.
async fn case<P: Peer>(peer: Arc<P>, seed: u64, steps: u32) -> TestResult {
    let (case, actors) = Case::begin(&peer, seed).await?;
    let [one, two, three] = actors.map(|actor| actor.run(steps));
    let (one, two, three) = tokio::join!(one, two, three);
    one.and(two).and(three)?;
    case.end(&*peer).await
}

/// One interleaving of actors that may be anywhere in what they do while another one does something.
async fn case_on_threads<P: Peer + 'static>(peer: Arc<P>, seed: u64, steps: u32) -> TestResult {
    let (case, actors) = Case::begin(&peer, seed).await?;
    let spawn = |actor: Actor<P>| {
        tokio::spawn(async move { actor.run(steps).await.map_err(|error| error.to_string()) })
    };
    for actor in actors.map(spawn) {
        actor.await??;
    }
    case.end(&*peer).await
}

/// A plant with which something is done.
struct Case {
    seed: u64,
    plant: PlantDevice,
    said: Said,
    errors: Errors,
    may_cut: bool,
    /// At once after the last step.
    closes: bool,
}

impl Case {
    async fn begin<P: Peer>(
        peer: &Arc<P>,
        seed: u64,
    ) -> Result<(Self, [Actor<P>; ACTORS as usize]), Box<dyn std::error::Error>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let said = Said::default();
        let plant = peer.platform().device(peer.sn(), Plant::default()).handler(Driver).connect().await?;
        give_pipelines(&plant, &said)?;
        let (may_cut, closes) = [(true, false), (false, false), (false, true)][random.usize(..3)];
        let actors = std::array::from_fn(|actor| Actor {
            actor: actor as u32,
            random: fastrand::Rng::with_seed(random.u64(..)),
            peer: Arc::clone(peer),
            plant: plant.clone(),
            said: said.clone(),
            may_cut,
        });
        let errors = plant.errors();
        Ok((Self { seed, plant, said, errors, may_cut, closes }, actors))
    }

    /// When all actors are done: what the device has, the platform has, or comes to have.
    async fn end(mut self, peer: &impl Peer) -> TestResult {
        if self.closes {
            self.plant.close().await?;
            // A window may end while the last handler is waited for: whoever listens hears of its alert, nobody else.
            while let Some(error) = self.errors.recv().await {
                self.said.take_back(&error);
            }
        } else {
            at_rest(&self.plant).await?;
        }
        let agreed = async {
            while Heard::by(peer).await.objection(&self).is_some() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        if timeout(Duration::from_secs(30), agreed).await.is_err() {
            let objection = Heard::by(peer).await.objection(&self).unwrap_or_default();
            panic!("seed {} (cuts: {}, closes: {}): {objection}", self.seed, self.may_cut, self.closes);
        }
        if !self.closes {
            self.plant.close().await?;
        }
        Ok(())
    }

    /// Whether a value may be what the platform has of an asset in the end.
    fn may_have(&self, asset: &str, value: &Value) -> bool {
        let of_device = self.plant.get(asset).unwrap();
        let is_near = || {
            let near = of_device.as_i64().zip(value.as_i64());
            near.is_some_and(|(one, other)| (one - other).abs() <= width(asset))
        };
        match asset {
            // All is told as it is when a connection was lost.
            "band" if self.may_cut => is_near(),
            "band" => *value == self.said.band() && is_near(),
            // Said again, as it is, when it was not told for long.
            "steady" if self.closes => is_near(),
            _ => *value == of_device,
        }
    }
}

/// Waits until nothing is under way or held any more.
async fn at_rest(plant: &PlantDevice) -> TestResult {
    // Handlers, windows, and the longest interval.
    sleep(Duration::from_millis(4100)).await;
    // What would wait for more for ever.
    plant.set_batch(None);
    let delivered = async {
        while plant.stats().pending > 0 || !plant.is_online() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    Ok(timeout(PATIENCE, delivered).await?)
}
