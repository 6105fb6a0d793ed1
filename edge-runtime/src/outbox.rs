//! What has been accepted from the application and not yet acknowledged by the broker.
//!
//! The outbox, not the MQTT client, is the store of record: an entry leaves it on its acknowledgement
//! and on nothing else. Entries are numbered in the order in which they were accepted; after a lost
//! session everything that is not acknowledged is sent again in that order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use edge_proto::payload::Outcome;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::link::{QoS, Token};
use crate::origin::Origin;

/// How many entries an outbox holds before setters wait.
const CAPACITY: usize = 10_000;
/// How many bytes of values it holds before setters wait.
const CAPACITY_BYTES: usize = 16 * 1024 * 1024;

/// One message to be.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) origin: Arc<Origin>,
    pub(crate) body: Body,
    pub(crate) qos: QoS,
}

/// What an entry says. Values are JSON.
#[derive(Debug)]
pub(crate) enum Body {
    /// States of one transaction: one is sent on its asset's topic, several as one message.
    States { at: Timestamp, seq: u64, values: Vec<(usize, Vec<u8>)> },
    /// The answer to a command.
    Outcome(Outcome),
}

impl Entry {
    fn bytes(&self) -> usize {
        match &self.body {
            Body::States { values, .. } => values.iter().map(|(_, value)| value.len() + 64).sum(),
            Body::Outcome(outcome) => outcome.value.as_ref().map_or(128, |value| value.get().len() + 128),
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    /// By number from `first` on; `None` once it is acknowledged.
    entries: VecDeque<Option<Entry>>,
    first: Token,
    /// The number of the next entry that was not sent on this session.
    cursor: Token,
    pending: usize,
    bytes: usize,
    closed: bool,
    /// Woken when there is room again.
    want_room: Vec<Waker>,
    /// Woken when the entry of that number is acknowledged.
    want_ack: BTreeMap<Token, Vec<Waker>>,
}

/// The outbox in memory, shared by the devices of one link (who push) and its delivery (who sends).
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// Tells the link that there is something to send.
    pub(crate) ready: Arc<Notify>,
    /// Tells whoever closes that an entry was acknowledged.
    pub(crate) drained: Notify,
    acknowledged: AtomicU64,
}

impl Outbox {
    pub(crate) fn new(ready: Arc<Notify>) -> Self {
        Self { queue: Mutex::default(), ready, drained: Notify::new(), acknowledged: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready when there is room for another transaction; otherwise the task is woken when there is.
    pub(crate) fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        let mut queue = self.lock();
        if (queue.pending < CAPACITY && queue.bytes < CAPACITY_BYTES) || queue.closed {
            return Poll::Ready(());
        }
        remember(&mut queue.want_room, context.waker());
        Poll::Pending
    }

    /// Takes entries, all or none, and returns the range of their numbers.
    pub(crate) fn push(&self, entries: impl IntoIterator<Item = Entry>) -> std::ops::Range<Token> {
        let mut queue = self.lock();
        let start = queue.first + queue.entries.len() as u64;
        for entry in entries {
            queue.bytes += entry.bytes();
            queue.pending += 1;
            queue.entries.push_back(Some(entry));
        }
        let end = queue.first + queue.entries.len() as u64;
        drop(queue);
        self.ready.notify_one();
        start..end
    }

    /// Hands the next unsent entry to `send`.
    pub(crate) fn send_next<T>(&self, send: impl FnOnce(Token, &Entry) -> T) -> Option<T> {
        let mut queue = self.lock();
        let unsent = usize::try_from(queue.cursor - queue.first).ok()?;
        let acknowledged = queue.entries.iter().skip(unsent).take_while(|entry| entry.is_none()).count();
        let number = queue.cursor + acknowledged as u64;
        queue.cursor = number;
        let entry = queue.entries.get(unsent + acknowledged)?.as_ref()?;
        let sent = send(number, entry);
        queue.cursor += 1;
        Some(sent)
    }

    /// Forgets what was sent: everything that is not acknowledged is unsent again. Returns how many
    /// entries had been sent.
    pub(crate) fn rewind(&self) -> usize {
        let mut queue = self.lock();
        let sent = usize::try_from(queue.cursor - queue.first).unwrap_or(usize::MAX);
        queue.cursor = queue.first;
        queue.entries.iter().take(sent).flatten().count()
    }

    /// Lets an entry go. False when it was gone already: the broker acknowledged it twice.
    pub(crate) fn acknowledge(&self, number: Token) -> bool {
        let mut queue = self.lock();
        let Some(index) = number.checked_sub(queue.first).and_then(|index| usize::try_from(index).ok())
        else {
            return false;
        };
        let Some(entry) = queue.entries.get_mut(index).and_then(Option::take) else { return false };
        queue.pending -= 1;
        queue.bytes -= entry.bytes();
        while let Some(None) = queue.entries.front() {
            queue.entries.pop_front();
            queue.first += 1;
        }
        queue.cursor = queue.cursor.max(queue.first);
        let mut woken = std::mem::take(&mut queue.want_room);
        woken.extend(queue.want_ack.remove(&number).unwrap_or_default());
        drop(queue);
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        woken.into_iter().for_each(Waker::wake);
        self.drained.notify_waiters();
        true
    }

    /// How many entries wait for their acknowledgement.
    pub(crate) fn pending(&self) -> usize {
        self.lock().pending
    }

    /// How many were acknowledged in all.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// No more acknowledgements will come: whoever waits is woken.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        let mut woken = std::mem::take(&mut queue.want_room);
        woken.extend(std::mem::take(&mut queue.want_ack).into_values().flatten());
        drop(queue);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Ready with `Ok` when the entry is acknowledged, with `Err` when it never will be.
    pub(crate) fn poll_acknowledged(&self, number: Token, context: &Context<'_>) -> Poll<Result<(), ()>> {
        let mut queue = self.lock();
        let index = number.checked_sub(queue.first).and_then(|index| usize::try_from(index).ok());
        if index.is_none_or(|index| matches!(queue.entries.get(index), None | Some(None))) {
            return Poll::Ready(Ok(()));
        }
        if queue.closed {
            return Poll::Ready(Err(()));
        }
        remember(queue.want_ack.entry(number).or_default(), context.waker());
        Poll::Pending
    }
}

/// Keeps a waker once, however often its task asks.
fn remember(wakers: &mut Vec<Waker>, waker: &Waker) {
    if !wakers.iter().any(|known| known.will_wake(waker)) {
        wakers.push(waker.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(entries: u64) -> Outbox {
        let outbox = Outbox::new(Arc::default());
        outbox.push((0..entries).map(entry));
        outbox
    }

    fn entry(seq: u64) -> Entry {
        let body = Body::States { at: Timestamp::UNIX_EPOCH, seq, values: vec![(0, b"1".to_vec())] };
        Entry { origin: Arc::new(Origin::for_tests()), body, qos: QoS::AtLeastOnce }
    }

    fn send_all(outbox: &Outbox) -> Vec<Token> {
        std::iter::from_fn(|| outbox.send_next(|number, _| number)).collect()
    }

    #[test]
    fn what_is_not_acknowledged_is_sent_again_in_order() {
        let outbox = outbox(4);
        assert_eq!(send_all(&outbox), [0, 1, 2, 3]);
        assert!(outbox.acknowledge(2) && outbox.acknowledge(0));
        outbox.push([entry(4)]);
        assert_eq!(outbox.rewind(), 2);
        assert_eq!(send_all(&outbox), [1, 3, 4]);
        assert_eq!(outbox.pending(), 3);
    }

    #[test]
    fn strange_acknowledgements_change_nothing() {
        let outbox = outbox(2);
        send_all(&outbox);
        assert!(outbox.acknowledge(0));
        assert!(!outbox.acknowledge(0) && !outbox.acknowledge(7) && !outbox.acknowledge(u64::MAX));
        assert_eq!((outbox.pending(), outbox.acknowledged()), (1, 1));
    }

    #[test]
    fn setters_wait_when_it_is_full_and_go_on_when_it_is_not() {
        let outbox = outbox(CAPACITY as u64);
        let waker = futures_util::task::noop_waker();
        let context = Context::from_waker(&waker);
        assert!(outbox.poll_room(&context).is_pending());
        send_all(&outbox);
        outbox.acknowledge(0);
        assert!(outbox.poll_room(&context).is_ready());
    }

    #[test]
    fn closing_answers_those_who_wait() {
        let outbox = outbox(1);
        let waker = futures_util::task::noop_waker();
        let context = Context::from_waker(&waker);
        assert!(outbox.poll_acknowledged(0, &context).is_pending());
        outbox.close();
        assert_eq!(outbox.poll_acknowledged(0, &context), Poll::Ready(Err(())));
    }
}
