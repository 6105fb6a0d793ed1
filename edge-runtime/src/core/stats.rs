//! What a device counts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use edge_proto::payload::Status;

use crate::origin::Origin;

/// Counters of a running device since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// States that were accepted from the program.
    pub states: u64,
    /// Alerts and data that were accepted from the program.
    pub reports: u64,
    /// Messages of the device that the broker acknowledged.
    pub acknowledged: u64,
    /// Messages that wait for their acknowledgement.
    pub pending: usize,
    /// States that were dropped because there was no room for them, or no connection.
    pub dropped: u64,
    /// States that were dropped because they were older than their asset's expiry.
    pub expired: u64,
    /// Commands that were applied.
    pub applied: u64,
    /// Commands that were rejected: malformed, unknown, out of range, expired, by the handler.
    pub rejected: u64,
    /// Commands whose handler failed, panicked, or applied what is no valid value.
    pub failed: u64,
    /// Commands whose handler took too long.
    pub timed_out: u64,
    /// Commands that were not run because they came a second time, and were answered from memory.
    pub repeated: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) states: AtomicU64,
    pub(crate) reports: AtomicU64,
    pub(crate) repeated: AtomicU64,
    outcomes: [AtomicU64; 4],
}

impl Counters {
    pub(crate) fn count(&self, status: Status) {
        self.outcomes[status as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self, origin: &Origin) -> Stats {
        let outcomes = |status: Status| self.outcomes[status as usize].load(Relaxed);
        Stats {
            states: self.states.load(Relaxed),
            reports: self.reports.load(Relaxed),
            acknowledged: origin.acknowledgements(),
            pending: origin.pending(),
            dropped: origin.dropped(),
            expired: origin.expired(),
            applied: outcomes(Status::Applied),
            rejected: outcomes(Status::Rejected),
            failed: outcomes(Status::Failed),
            timed_out: outcomes(Status::Timeout),
            repeated: self.repeated.load(Relaxed),
        }
    }
}
