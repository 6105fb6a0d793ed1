//! What the broker refuses for good, and when it is tried again: between the queue and the link.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use super::queue::Queue;
use super::{Entry, Outbox};
use crate::link::Token;
use crate::origin::Origin;

impl Outbox {
    /// The oldest message that was sent and is not acknowledged.
    pub(crate) fn oldest_sent(&self) -> Option<Token> {
        self.lock().oldest_sent()
    }

    /// The broker takes nothing on the topic of this entry: what is for it waits, from this one on. Returns what `look` makes
    /// of the entry; `None` when it cannot wait.
    pub(crate) fn bar<T>(&self, number: Token, now: Instant, look: impl FnOnce(&Entry) -> T) -> Option<T> {
        self.change_barred(|queue| queue.bar(number, now).map(look))
    }

    /// Whether one message is to go alone, because it is time to try a topic once more.
    pub(crate) fn wants_trial(&self) -> bool {
        self.is_trial.load(Relaxed)
    }

    /// Hands the message that is tried to `send`, and whether it is late. Nothing else is to be on its way.
    pub(crate) fn send_trial<T>(
        &self,
        now: Instant,
        send: impl FnOnce(Token, &Entry, bool) -> T,
    ) -> Option<T> {
        self.change_barred(|queue| {
            let (number, is_late) = queue.next_trial(now)?;
            Some(send(number, queue.entry(number)?, is_late))
        })
    }

    /// The message that was tried is about to be acknowledged: what has waited for that may go. Returns whose it is.
    pub(crate) fn passed(&self, number: Token, now: Instant) -> Option<Arc<Origin>> {
        self.change_barred(|queue| queue.passed(number, now))
    }

    /// The connection has ended with the message that was tried; `is_refused`: the broker has ended it.
    pub(crate) fn tried(&self, is_refused: bool, now: Instant) {
        self.change_barred(|queue| match is_refused {
            true => queue.barred.refused(now),
            false => queue.barred.interrupted(),
        });
    }

    /// Looks whether it is time to try a topic.
    pub(super) fn call_trial(&self, queue: &mut Queue, now: Instant) {
        queue.is_news |= queue.barred.call(now);
        self.tell_barred(queue);
    }

    fn change_barred<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let result = self.change(|queue| {
            let result = change(queue);
            self.tell_barred(queue);
            result
        });
        self.expiring.notify_one();
        result
    }

    /// Under the lock, so that what is told last is so.
    pub(super) fn tell_barred(&self, queue: &Queue) {
        self.is_trial.store(queue.barred.is_called(), Relaxed);
        self.metrics.barred(queue.barred.len());
    }
}
