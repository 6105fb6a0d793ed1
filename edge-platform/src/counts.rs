//! What became of the messages that arrived, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A snapshot of what was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// States that became the newest of their asset.
    pub stored: u64,
    /// States that were older than the stored one.
    pub stale: u64,
    /// Messages and states that were refused: malformed, unknown, outside of the profile.
    pub refused: u64,
    /// QoS 0 messages that came faster than the store could take them.
    pub dropped: u64,
}

/// The live numbers.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) stored: AtomicU64,
    pub(crate) stale: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) dropped: AtomicU64,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> Counts {
        Counts {
            stored: self.stored.load(Relaxed),
            stale: self.stale.load(Relaxed),
            refused: self.refused.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
        }
    }
}

/// Counts one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
