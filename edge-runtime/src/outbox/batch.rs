//! Which states wait for others, so that they are sent together. Pure: takes the clock as a parameter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use edge_proto::payload::Severity;
use tokio::time::Instant;

use super::entry::Entry;
use crate::link::Token;
use crate::origin::Origin;

/// When a device sends its states and data together: after so many, after so long, or when an alert is raised.
///
/// What waits is in the outbox, and stored if it is to be; it is only sent later. All of it goes as soon as one of
/// the conditions holds, in its order. It also goes when the device closes, when it says how all is (as after a lost
/// session), when the outbox is full, and when the batch is [changed](crate::DeviceHandle::set_batch).
/// Whole states, alerts and answers to commands do not wait.
///
/// ```
/// use std::time::Duration;
/// use edge_runtime::{Batch, Severity};
///
/// // Ten states, or what there is after a minute, or at once when something serious happens.
/// let batch = Batch::new().size(10).every(Duration::from_secs(60)).severity(Severity::Significant);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Batch {
    size: Option<u32>,
    every: Option<Duration>,
    severity: Severity,
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    /// Waits for a critical alert.
    pub const fn new() -> Self {
        Self { size: None, every: None, severity: Severity::Critical }
    }

    /// Waits for so many states at most. Data count as one.
    pub const fn size(self, states: u32) -> Self {
        Self { size: Some(states), ..self }
    }

    /// The oldest waits for so long at most.
    pub const fn every(self, interval: Duration) -> Self {
        Self { every: Some(interval), ..self }
    }

    /// An alert of at least this severity lets all go. `Critical` unless it is said.
    pub const fn severity(self, least: Severity) -> Self {
        Self { severity: least, ..self }
    }
}

/// What waits of one device.
#[derive(Debug)]
struct Gathering {
    origin: Arc<Origin>,
    batch: Batch,
    states: usize,
    /// Since when the oldest waits, if one does.
    since: Option<Instant>,
}

impl Gathering {
    fn due(&self) -> Option<Instant> {
        self.since?.checked_add(self.batch.every?)
    }

    /// Lets go what waits. Returns whether something did.
    fn let_go(&mut self) -> bool {
        self.states = 0;
        self.origin.gather_from(Token::MAX);
        self.since.take().is_some()
    }
}

/// What waits of the devices that have a batch: by the address of their origins. Of what waits, each origin knows
/// the first entry.
#[derive(Debug, Default)]
pub(super) struct Batches {
    gathering: BTreeMap<usize, Gathering>,
    /// Something has begun to wait that will have waited long enough at a time that nobody knows of.
    has_begun: bool,
}

impl Batches {
    /// Whether [`due`](Self::due) may be earlier than when this was asked last.
    pub(super) fn take_begun(&mut self) -> bool {
        std::mem::take(&mut self.has_begun)
    }

    /// Gives a device another batch, or none. What waits goes; returns whether something did.
    pub(super) fn set(&mut self, origin: &Arc<Origin>, batch: Option<Batch>) -> bool {
        let has_waited = self.let_go(origin);
        let address = Arc::as_ptr(origin) as usize;
        match batch {
            Some(batch) => {
                let origin = Arc::clone(origin);
                self.gathering.insert(address, Gathering { origin, batch, states: 0, since: None });
            }
            None => drop(self.gathering.remove(&address)),
        }
        has_waited
    }

    /// An entry comes in. Returns whether something that waited goes because of it.
    #[inline]
    pub(super) fn add(&mut self, number: Token, entry: &Entry, now: impl FnOnce() -> Instant) -> bool {
        let Some(gathering) = self.gathering.get_mut(&(Arc::as_ptr(&entry.origin) as usize)) else {
            return false;
        };
        if !entry.can_wait() {
            let is_severe = entry.severity().is_some_and(|severity| severity >= gathering.batch.severity);
            return (entry.is_whole() || is_severe) && gathering.let_go();
        }
        if gathering.since.is_none() {
            gathering.since = Some(entry.since().unwrap_or_else(now));
            gathering.origin.gather_from(number);
            self.has_begun |= gathering.batch.every.is_some();
        }
        gathering.states += entry.states().map_or(1, |states| states.values.len());
        let is_enough = gathering.batch.size.is_some_and(|size| gathering.states >= size as usize);
        is_enough && gathering.let_go()
    }

    /// Lets go what waits of a device. Returns whether something did.
    pub(super) fn let_go(&mut self, origin: &Arc<Origin>) -> bool {
        self.gathering.get_mut(&(Arc::as_ptr(origin) as usize)).is_some_and(Gathering::let_go)
    }

    /// Lets go what waits of all devices. Returns whether something did.
    pub(super) fn let_all_go(&mut self) -> bool {
        let gone = self.gathering.values_mut().map(Gathering::let_go);
        gone.filter(|has_waited| *has_waited).count() > 0
    }

    /// Lets go what has waited long enough. Returns whether something did.
    pub(super) fn let_due_go(&mut self, now: Instant) -> bool {
        let is_due = |gathering: &&mut Gathering| gathering.due().is_some_and(|due| due <= now);
        let gone = self.gathering.values_mut().filter(is_due).map(Gathering::let_go);
        gone.filter(|has_waited| *has_waited).count() > 0
    }

    /// When something has waited long enough.
    pub(super) fn due(&self) -> Option<Instant> {
        self.gathering.values().filter_map(Gathering::due).min()
    }
}
