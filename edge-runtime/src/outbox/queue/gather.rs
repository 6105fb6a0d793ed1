//! What waits for more to come.

use std::sync::Arc;

use tokio::time::Instant;

use super::Queue;
use crate::origin::Origin;
use crate::outbox::batch::Batch;
use crate::outbox::entry::Entry;

impl Queue {
    /// Whether it matters when an entry came.
    pub(in crate::outbox) fn is_timed(&self, entry: &Entry) -> bool {
        entry.demands.is_timed || self.has_batches()
    }

    pub(in crate::outbox) fn has_batches(&self) -> bool {
        !self.batches.is_empty()
    }

    /// Gives a device another batch, or none. What has waited goes.
    pub(in crate::outbox) fn set_batch(&mut self, origin: &Arc<Origin>, batch: Option<Batch>) {
        if self.batches.set(origin, batch) {
            self.release();
        }
    }

    /// Lets go what waits of all devices.
    pub(in crate::outbox) fn let_all_go(&mut self) {
        if self.batches.let_all_go() {
            self.release();
        }
    }

    /// Lets go what has waited long enough.
    pub(in crate::outbox) fn let_due_go(&mut self, now: Instant) {
        if self.batches.let_due_go(now) {
            self.release();
        }
    }

    /// When something has waited long enough.
    pub(in crate::outbox) fn due(&self) -> Option<Instant> {
        self.batches.due()
    }
}
