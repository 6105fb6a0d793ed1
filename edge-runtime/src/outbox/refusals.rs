//! What the broker refuses for good, and when it is tried again: between the queue and the link.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use super::queue::Queue;
use super::{Entry, Going, Outbox};
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

    /// Hands the message that is tried to `send`, and how it goes. Nothing else is to be on its way.
    pub(crate) fn send_trial<T>(
        &self,
        now: Instant,
        send: impl FnOnce(Token, &Entry, Going) -> T,
    ) -> Option<T> {
        self.change_barred(|queue| {
            let (number, is_late) = queue.next_trial(now)?;
            let (entry, going) = queue.going(number, is_late)?;
            Some(send(number, entry, going))
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
        self.mark_trial(queue);
    }

    fn change_barred<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let result = self.change(|queue| {
            let result = change(queue);
            self.mark_trial(queue);
            result
        });
        self.expiring.notify_one();
        result
    }

    /// Under the lock, so that what is said last is so.
    pub(super) fn mark_trial(&self, queue: &Queue) {
        self.is_trial.store(queue.barred.is_called(), Relaxed);
    }

    /// On how many topics the broker takes nothing.
    pub(crate) fn barred(&self) -> usize {
        self.lock().barred.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::clock::Moment;
    use crate::metrics::LinkMetrics;
    use crate::model::AssetRules;
    use crate::outbox::{Body, Capacity, Order, Scope, States};

    const AGAIN: Duration = Duration::from_secs(10 * 60);
    const SHORT: AssetRules = AssetRules { expiry: Some(Duration::from_secs(1)), ..AssetRules::DEFAULT };

    /// What a device has said of these assets, in turn.
    fn outbox(origin: &Arc<Origin>, said: &[&[usize]]) -> Outbox {
        let metrics = Arc::new(LinkMetrics::new("TEST-1"));
        let outbox = Outbox::new(Arc::default(), Capacity::default(), Order::Numbers, metrics);
        origin.open_session(1);
        outbox.set_online(true);
        said.iter().for_each(|assets| say(&outbox, origin, assets));
        outbox
    }

    fn say(outbox: &Outbox, origin: &Arc<Origin>, assets: &[usize]) {
        let values = assets.iter().map(|asset| (*asset, b"1"[..].into())).collect();
        let states = States::new(Moment::said(Timestamp::UNIX_EPOCH), 1, Scope::Changed, values);
        outbox.push(vec![Entry::new(origin, Body::States(states))]);
    }

    fn send_all(outbox: &Outbox) -> Vec<Token> {
        std::iter::from_fn(|| outbox.send_next(|number, _, _| number)).collect()
    }

    /// All has gone; the broker takes nothing on the topic of this one.
    fn bar(outbox: &Outbox, number: Token) {
        outbox.bar(number, Instant::now(), |_| ()).expect("it can wait");
        outbox.rewind();
    }

    async fn pass(outbox: &Outbox, time: Duration) {
        tokio::time::advance(time).await;
        outbox.change(|queue| outbox.call_trial(queue, Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_of_a_message_waits_for_its_own_topic_and_no_other() {
        let origin = Origin::with_assets_for_tests("TEST-1", [SHORT, AssetRules::DEFAULT]);
        let outbox = outbox(&origin, &[&[0, 1]]);
        assert_eq!(send_all(&outbox), [0]);
        bar(&outbox, 0);
        assert!(send_all(&outbox).is_empty());
        tokio::time::advance(Duration::from_secs(2)).await;
        outbox.change(|queue| queue.expire(Instant::now()));
        assert_eq!(send_all(&outbox), [0], "it is one asset's now");

        // The other way round, while it is sent, and while it is tried.
        bar(&outbox, 0);
        say(&outbox, &origin, &[0, 1]);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(send_all(&outbox).is_empty());
        assert!(outbox.acknowledge(0) && outbox.acknowledge(1));
        say(&outbox, &origin, &[0, 1]);
        pass(&outbox, AGAIN).await;
        assert!(outbox.wants_trial());
        assert_eq!(outbox.send_trial(Instant::now(), |number, _, _| number), Some(2));
        assert_eq!(origin.barred(), 2);
        outbox.passed(2, Instant::now()).expect("it was tried");
        assert!(outbox.lock().barred.next().is_some(), "the other topic is called");
    }
}
