//! Acknowledgements of received messages: given after the handler is done, and in the order in which
//! the messages came, as MQTT demands.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::lock::lock;
use crate::news::News;

#[derive(Debug, Default)]
struct Order {
    /// Counts connections: an acknowledgement is worth nothing on another one.
    connection: u64,
    /// Received on this connection and not acknowledged: the link's number, and whether it is done.
    waiting: VecDeque<(u64, bool)>,
}

/// The messages that are being handled.
#[derive(Clone, Debug)]
pub(crate) struct Acks(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    order: Mutex<Order>,
    /// Something is done that may be the next to acknowledge.
    some: AtomicBool,
    news: Arc<News>,
}

impl Acks {
    pub(crate) fn new(news: Arc<News>) -> Self {
        Self(Arc::new(Shared { order: Mutex::default(), some: AtomicBool::new(false), news }))
    }

    fn lock(&self) -> MutexGuard<'_, Order> {
        lock(&self.0.order)
    }

    /// A message came; it is acknowledged some time after the guard says that it is done.
    pub(crate) fn expect(&self, number: Option<u64>) -> AckGuard {
        let mut order = self.lock();
        if let Some(number) = number {
            order.waiting.push_back((number, false));
        }
        AckGuard { acks: self.clone(), connection: order.connection, number }
    }

    /// The next message to acknowledge now.
    pub(crate) fn next(&self) -> Option<u64> {
        // It is asked for with every message that is sent.
        if !self.0.some.load(Acquire) {
            return None;
        }
        let mut order = self.lock();
        let next = order.waiting.pop_front_if(|(_, done)| *done).map(|(number, _)| number);
        self.0.some.store(next.is_some(), Release);
        next
    }

    /// The connection is gone: the broker will send again what was not acknowledged.
    pub(crate) fn clear(&self) {
        let mut order = self.lock();
        order.connection += 1;
        order.waiting.clear();
    }
}

/// Held while a message is handled.
#[must_use]
#[derive(Debug)]
pub(crate) struct AckGuard {
    acks: Acks,
    connection: u64,
    number: Option<u64>,
}

impl AckGuard {
    /// The message is dealt with. Without this it is not acknowledged, and comes again with the next
    /// connection; until then those behind it wait, too.
    pub(crate) fn done(self) {
        let Some(number) = self.number else { return };
        let mut order = self.acks.lock();
        if order.connection == self.connection
            && let Some(entry) = order.waiting.iter_mut().find(|(waiting, _)| *waiting == number)
        {
            entry.1 = true;
            self.acks.0.some.store(true, Release);
            self.acks.0.news.tell();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledged_in_the_order_of_arrival_and_only_on_their_connection() {
        let acks = Acks::new(Arc::default());
        let [first, second, none] = [Some(1), Some(2), None].map(|number| acks.expect(number));
        second.done();
        none.done();
        assert_eq!(acks.next(), None);
        first.done();
        assert_eq!((acks.next(), acks.next(), acks.next()), (Some(1), Some(2), None));

        let old = acks.expect(Some(3));
        acks.clear();
        old.done();
        assert_eq!(acks.next(), None);
    }
}
