//! What is done again, and not too often: saying how all is, and asking for subscriptions that were refused.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Hub, Move};
use crate::backoff::Backoff;
use crate::origin::{Origin, Standing};

/// The whole state of a device is published no more often than this, however often it is asked for.
const ANNOUNCE_INTERVAL: Duration = Duration::from_millis(500);

impl Hub {
    /// Lets a device publish its whole state again, soon.
    pub(crate) fn ask_to_announce(&self, origin: &Origin) {
        self.devices().to_announce.insert(origin.id.clone());
        self.announce.notify_one();
    }

    pub(super) async fn announce(&self) {
        loop {
            self.announce.notified().await;
            let asked = std::mem::take(&mut self.devices().to_announce);
            for device in asked {
                let member = self.devices().members.get(&device).map(Arc::clone);
                member.inspect(|device| device.announce());
            }
            // Whoever asks meanwhile is heard after this, once.
            tokio::time::sleep(ANNOUNCE_INTERVAL).await;
        }
    }

    /// The broker does not let a device have its commands: it asks again, later.
    pub(crate) fn refused(&self, origin: &Arc<Origin>) {
        self.devices().refused.push(Arc::clone(origin));
        self.refused.notify_one();
    }

    /// Asks again, ever less often: a cluster refuses subscriptions while it elects, and a permission may be given
    /// later.
    pub(super) async fn ask_again(&self) {
        let mut backoff = Backoff::default();
        let mut asked = Instant::now();
        loop {
            self.refused.notified().await;
            backoff.lasted(asked.elapsed());
            tokio::time::sleep(backoff.next(fastrand::f64())).await;
            let refused = std::mem::take(&mut self.devices().refused);
            let refused =
                refused.into_iter().filter(|origin| matches!(origin.standing(), Standing::Refused(_)));
            refused.map(Move::Asks).for_each(|change| self.note(change));
            asked = Instant::now();
            self.outbox.news.tell();
        }
    }
}
