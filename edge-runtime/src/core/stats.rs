//! What a device counts.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use edge_proto::payload::Status;

use crate::clock::Moment;
use crate::lock::lock;
use crate::metrics::LinkMetrics;
use crate::origin::{Counter, Origin};
use crate::outbox::Outbox;

/// Counters of a running device since its start, or since they were [reset](crate::DeviceHandle::reset_stats).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// States that were accepted from the program.
    pub states: u64,
    /// Alerts and data that were accepted from the program.
    pub reports: u64,
    /// Of these states and reports, those whose time was taken from a clock that was not to be believed: it showed a
    /// time before this version was made, or had been set to another time less than ten minutes before. They say so
    /// (`unsynced`), where the platform has a word for it. A time that the program says is not among them.
    pub unsynced: u64,
    /// Messages of the device that were given to the connection. Its presence is not among them.
    pub sent: u64,
    /// How often one of them was sent again, because it was not acknowledged when a connection was lost.
    pub retried: u64,
    /// The payloads of what was sent.
    pub bytes_sent: u64,
    /// Messages of the device that the broker acknowledged.
    pub acknowledged: u64,
    /// Messages that wait for their acknowledgement. Not a counter: how it is now, also after a reset.
    pub pending: usize,
    /// Topics of the device on which the broker takes nothing: it ends the connection instead. What is for them waits, and is
    /// tried now and then. Not a counter.
    pub barred: usize,
    /// How full the outbox is, of messages or of bytes, in percent. It is shared by the devices of one connection. Not
    /// a counter.
    pub load: u8,
    /// States that were dropped because there was no room for them, or no connection.
    pub dropped: u64,
    /// States that were dropped because they were older than their asset's expiry.
    pub expired: u64,
    /// Messages that the broker had not acknowledged when the device was closed, and that are not stored: they are gone,
    /// and nobody else is told how many they were. What a program takes with it that dies, nobody counts.
    pub undelivered: u64,
    /// How often the connection was lost, or was not to be had.
    pub disconnects: u64,
    /// Messages that came for the device: commands, and what it listens to.
    pub received: u64,
    /// The payloads of what came.
    pub bytes_received: u64,
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
    /// Written under the lock of the device's state.
    pub(crate) states: Counter,
    pub(crate) reports: AtomicU64,
    unsynced: AtomicU64,
    pub(crate) repeated: AtomicU64,
    outcomes: [AtomicU64; 4],
    /// What had been counted at the last reset, if there was one.
    before: Mutex<Option<Box<Stats>>>,
}

impl Counters {
    /// So many states or reports have this time.
    pub(crate) fn stamped(&self, moment: Moment, count: usize, link: &LinkMetrics) {
        if moment.is_unsynced {
            self.unsynced.fetch_add(count as u64, Relaxed);
            link.unsynced(count);
        }
    }

    pub(crate) fn count(&self, status: Status) {
        self.outcomes[status as usize].fetch_add(1, Relaxed);
    }

    /// What has been counted since the last reset.
    pub(crate) fn snapshot(&self, origin: &Origin, outbox: &Outbox) -> Stats {
        let now = self.totals(origin);
        let before = lock(&self.before).as_deref().copied().unwrap_or_default();
        let (pending, barred, load) = (origin.pending(), origin.barred(), outbox.load());
        Stats { pending, barred, load, ..now.since(&before) }
    }

    /// From now on all is counted from 0.
    pub(crate) fn reset(&self, origin: &Origin) {
        *lock(&self.before) = Some(Box::new(self.totals(origin)));
    }

    /// What has been counted since the start.
    fn totals(&self, origin: &Origin) -> Stats {
        let outcomes = |status: Status| self.outcomes[status as usize].load(Relaxed);
        let traffic = &origin.traffic;
        Stats {
            states: self.states.get(),
            reports: self.reports.load(Relaxed),
            unsynced: self.unsynced.load(Relaxed),
            sent: traffic.sent.get(),
            retried: traffic.retried.get(),
            bytes_sent: traffic.bytes_sent.get(),
            acknowledged: origin.acknowledgements(),
            pending: 0,
            barred: 0,
            load: 0,
            dropped: origin.dropped(),
            expired: origin.expired(),
            undelivered: traffic.undelivered.get(),
            disconnects: traffic.disconnects.get(),
            received: traffic.received.get(),
            bytes_received: traffic.bytes_received.get(),
            applied: outcomes(Status::Applied),
            rejected: outcomes(Status::Rejected),
            failed: outcomes(Status::Failed),
            timed_out: outcomes(Status::Timeout),
            repeated: self.repeated.load(Relaxed),
        }
    }
}

impl Stats {
    fn since(&self, before: &Self) -> Self {
        macro_rules! differences {
            ($($counter:ident)*) => {
                Self { $($counter: self.$counter.saturating_sub(before.$counter),)* ..*self }
            };
        }
        differences! {
            states reports unsynced sent retried bytes_sent acknowledged dropped expired undelivered disconnects
            received bytes_received applied rejected failed timed_out repeated
        }
    }
}
