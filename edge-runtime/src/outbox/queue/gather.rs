//! What waits for more to come.

use std::sync::Arc;

use tokio::time::Instant;

use super::Queue;
use crate::origin::Origin;
use crate::outbox::batch::Batch;

impl Queue {
    /// Whether something may have [waited long enough](Self::due) earlier than when this was asked last.
    pub(in crate::outbox) fn take_begun(&mut self) -> bool {
        self.batches.take_begun()
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
