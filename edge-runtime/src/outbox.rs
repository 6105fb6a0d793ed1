//! What has been accepted from the application and not yet acknowledged by the broker.
//!
//! The outbox, not the MQTT client, is the store of record: an entry leaves it on its acknowledgement
//! and on nothing else. Entries are numbered in the order in which they were accepted; after a lost
//! session everything that is not acknowledged is sent again in that order. Entries of a device that has
//! no session yet are held back until it has one; those of other devices pass them.
//!
//! What has come together while there was no connection is the backlog: what is accepted on the connection
//! goes before it, so that the platform knows how things are before it learns how they were.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use edge_proto::payload::{Outcome, PresenceStatus};
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
    /// The device's last words, after all that it had to say.
    Presence(PresenceStatus),
}

impl Entry {
    fn bytes(&self) -> usize {
        match &self.body {
            Body::States { values, .. } => values.iter().map(|(_, value)| value.len() + 64).sum(),
            Body::Outcome(outcome) => outcome.value.as_ref().map_or(128, |value| value.get().len() + 128),
            Body::Presence(_) => 128,
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    /// By number from `first` on; `None` once it is acknowledged.
    entries: VecDeque<Option<Entry>>,
    first: Token,
    /// The number of the next entry of the backlog, or when there is none of all, that was not looked at on
    /// this session.
    cursor: Token,
    /// The number of the next entry behind the backlog that was not looked at.
    live: Token,
    /// The first number behind the backlog; the cursor stops there.
    backlog_end: Token,
    /// Looked at, and left because the device had no session.
    held: VecDeque<Token>,
    /// Were held, and may be sent now: before what is at the cursor.
    released: VecDeque<Token>,
    pending: usize,
    bytes: usize,
    closed: bool,
    /// Woken when there is room again.
    want_room: Vec<Waker>,
    /// Woken when the entry of that number is acknowledged.
    want_ack: BTreeMap<Token, Vec<Waker>>,
}

impl Queue {
    fn index(&self, number: Token) -> Option<usize> {
        number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok())
    }

    /// An entry that is not acknowledged.
    fn entry(&self, number: Token) -> Option<&Entry> {
        self.entries.get(self.index(number)?)?.as_ref()
    }

    fn is_open(&self, number: Token) -> bool {
        self.entry(number).is_none_or(|entry| entry.origin.session() > 0)
    }

    /// The number of the next entry to send.
    fn next(&mut self) -> Option<Token> {
        while let Some(number) = self.released.pop_front() {
            if self.entry(number).is_some() {
                return Some(number);
            }
        }
        while let Some(number) = self.advance() {
            match self.entry(number) {
                Some(_) if self.is_open(number) => return Some(number),
                Some(_) => self.held.push_back(number),
                None => {}
            }
        }
        None
    }

    /// The next number to look at: what is live before the backlog.
    fn advance(&mut self) -> Option<Token> {
        let cursor = match (self.live < self.end(), self.cursor < self.backlog_end) {
            (true, _) => &mut self.live,
            (false, true) => &mut self.cursor,
            (false, false) => return None,
        };
        let number = *cursor;
        *cursor += 1;
        Some(number)
    }

    /// The number that the next entry will have.
    fn end(&self) -> Token {
        self.first + self.entries.len() as u64
    }

    /// How many entries were not sent.
    fn unsent(&self) -> usize {
        let ahead = (self.cursor..self.backlog_end).chain(self.live..self.end());
        let waiting = self.held.iter().chain(&self.released).copied();
        ahead.chain(waiting).filter(|&number| self.entry(number).is_some()).count()
    }

    /// Takes an entry out.
    fn take(&mut self, number: Token) -> Option<Entry> {
        let index = self.index(number)?;
        let entry = self.entries.get_mut(index)?.take()?;
        self.pending -= 1;
        self.bytes -= entry.bytes();
        entry.origin.left();
        while let Some(None) = self.entries.front() {
            self.entries.pop_front();
            self.first += 1;
        }
        self.cursor = self.cursor.max(self.first);
        self.live = self.live.max(self.first);
        Some(entry)
    }
}

/// The outbox in memory, shared by the devices of one link (who push) and its delivery (who sends).
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// Tells the link that there is something to send.
    pub(crate) ready: Arc<Notify>,
    /// Tells whoever closes that an entry was acknowledged.
    drained: Notify,
}

impl Outbox {
    pub(crate) fn new(ready: Arc<Notify>) -> Self {
        Self { queue: Mutex::default(), ready, drained: Notify::new() }
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
            entry.origin.accepted();
            queue.bytes += entry.bytes();
            queue.pending += 1;
            queue.entries.push_back(Some(entry));
        }
        let end = queue.first + queue.entries.len() as u64;
        drop(queue);
        self.ready.notify_one();
        start..end
    }

    /// The numbers from the oldest entry to the newest; some of those between are gone, perhaps.
    pub(crate) fn numbers(&self) -> std::ops::Range<Token> {
        let queue = self.lock();
        queue.first..queue.end()
    }

    /// Hands the next unsent entry to `send`, and whether it is of the backlog.
    pub(crate) fn send_next<T>(&self, send: impl FnOnce(Token, &Entry, bool) -> T) -> Option<T> {
        let mut queue = self.lock();
        let number = queue.next()?;
        let entry = queue.entry(number)?;
        Some(send(number, entry, number < queue.backlog_end))
    }

    /// A device has its session: what was held for it may go. The others' stays where it is.
    pub(crate) fn release(&self) {
        let mut queue = self.lock();
        let held = std::mem::take(&mut queue.held);
        let (open, held) = held.into_iter().partition(|&number| queue.is_open(number));
        queue.held = held;
        let open: VecDeque<Token> = open;
        queue.released.extend(open);
        drop(queue);
        self.ready.notify_one();
    }

    /// Forgets what was sent: everything that is not acknowledged is unsent again. Returns how many
    /// entries had been sent.
    pub(crate) fn rewind(&self) -> usize {
        let mut queue = self.lock();
        let sent = queue.pending.saturating_sub(queue.unsent());
        queue.held.clear();
        queue.released.clear();
        queue.cursor = queue.first;
        queue.live = queue.first;
        queue.backlog_end = queue.first;
        sent
    }

    /// Makes what is unsent the backlog. Returns how many entries that are.
    pub(crate) fn begin_backlog(&self) -> usize {
        let mut queue = self.lock();
        if queue.cursor >= queue.backlog_end {
            // Else there is one already, and what has come since goes before it.
            queue.cursor = queue.live;
            queue.live = queue.end();
            queue.backlog_end = queue.live;
        }
        queue.unsent()
    }

    /// Lets all entries of a device go, unsent and unacknowledged. Returns how many states and outcomes
    /// there were.
    pub(crate) fn forget(&self, origin: &Arc<Origin>) -> usize {
        let mut queue = self.lock();
        let of_device =
            |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| Arc::ptr_eq(&entry.origin, origin));
        let first = queue.first;
        let numbers = (first..).zip(&queue.entries).filter(|(_, entry)| of_device(entry));
        let numbers: Vec<Token> = numbers.map(|(number, _)| number).collect();
        let taken: Vec<Entry> = numbers.iter().filter_map(|&number| queue.take(number)).collect();
        let mut woken = std::mem::take(&mut queue.want_room);
        woken.extend(numbers.iter().filter_map(|number| queue.want_ack.remove(number)).flatten());
        origin.forget(numbers);
        drop(queue);
        woken.into_iter().for_each(Waker::wake);
        taken.iter().filter(|entry| !matches!(entry.body, Body::Presence(_))).count()
    }

    /// Lets an entry go. False when it was gone already: the broker acknowledged it twice.
    pub(crate) fn acknowledge(&self, number: Token) -> bool {
        let mut queue = self.lock();
        let Some(entry) = queue.take(number) else { return false };
        let mut woken = std::mem::take(&mut queue.want_room);
        woken.extend(queue.want_ack.remove(&number).unwrap_or_default());
        drop(queue);
        entry.origin.acknowledged();
        woken.into_iter().for_each(Waker::wake);
        self.drained.notify_waiters();
        true
    }

    /// Waits until nothing of a device's waits for its acknowledgement. Cancel safe.
    pub(crate) async fn drained(&self, origin: &Origin) {
        loop {
            let drained = self.drained.notified();
            tokio::pin!(drained);
            // From here on no acknowledgement is missed.
            drained.as_mut().enable();
            if origin.pending() == 0 {
                return;
            }
            drained.await;
        }
    }

    /// How many entries wait for their acknowledgement.
    pub(crate) fn pending(&self) -> usize {
        self.lock().pending
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
    pub(crate) fn poll_acknowledged(
        &self,
        origin: &Origin,
        number: Token,
        context: &Context<'_>,
    ) -> Poll<Result<(), ()>> {
        let mut queue = self.lock();
        if queue.entry(number).is_none() {
            return Poll::Ready(if origin.is_forgotten(number) { Err(()) } else { Ok(()) });
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
        let origin = Origin::for_tests("TEST-1");
        origin.open_session(1);
        of(&origin, seq)
    }

    fn of(origin: &Arc<Origin>, seq: u64) -> Entry {
        let body = Body::States { at: Timestamp::UNIX_EPOCH, seq, values: vec![(0, b"1".to_vec())] };
        Entry { origin: Arc::clone(origin), body, qos: QoS::AtLeastOnce }
    }

    #[test]
    fn who_has_no_session_waits_and_lets_others_pass() {
        let outbox = Outbox::new(Arc::default());
        let [late, other] = ["LATE-1", "OTHER-1"].map(Origin::for_tests);
        other.open_session(1);
        outbox.push([of(&late, 1), of(&other, 1), of(&late, 2)]);
        assert_eq!(send_all(&outbox), [1]);
        late.open_session(7);
        outbox.release();
        outbox.push([of(&late, 3)]);
        assert_eq!(send_all(&outbox), [0, 2, 3]);
        assert_eq!(outbox.rewind(), 4);
        assert_eq!(send_all(&outbox), [0, 1, 2, 3]);
    }

    #[test]
    fn forgetting_a_device_leaves_the_others() {
        let outbox = Outbox::new(Arc::default());
        let [gone, other] = ["GONE-1", "OTHER-1"].map(Origin::for_tests);
        other.open_session(1);
        outbox.push([of(&gone, 1), of(&other, 1), of(&gone, 2)]);
        assert_eq!(send_all(&outbox), [1]);
        assert_eq!((outbox.forget(&gone), outbox.pending(), gone.pending()), (2, 1, 0));
        assert!(outbox.acknowledge(1));
        let waker = futures_util::task::noop_waker();
        let context = Context::from_waker(&waker);
        assert_eq!(outbox.poll_acknowledged(&gone, 2, &context), Poll::Ready(Err(())));
        assert_eq!(outbox.poll_acknowledged(&other, 1, &context), Poll::Ready(Ok(())));
    }

    fn send_all(outbox: &Outbox) -> Vec<Token> {
        std::iter::from_fn(|| outbox.send_next(|number, _, _| number)).collect()
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
    fn what_is_accepted_on_the_connection_goes_before_the_backlog() {
        let outbox = outbox(4);
        let next = || outbox.send_next(|number, _, is_backlog| (number, is_backlog));
        assert_eq!([next(), next()], [Some((0, false)), Some((1, false))]);
        // The session was kept: 0 and 1 are on their way.
        assert_eq!(outbox.begin_backlog(), 2);
        outbox.push([entry(4)]);
        assert_eq!([next(), next()], [Some((4, false)), Some((2, true))]);
        outbox.push([entry(5)]);
        // Again, before all of it is sent.
        assert_eq!(outbox.begin_backlog(), 2);
        outbox.push([entry(6)]);
        let left = [(5, false), (6, false), (3, true)].map(Some);
        assert_eq!([next(), next(), next(), next()], [left[0], left[1], left[2], None]);

        // It was not: everything is unsent, in its order, and then there is more.
        assert_eq!((outbox.rewind(), outbox.begin_backlog()), (7, 7));
        outbox.push([entry(7)]);
        let numbers: Vec<_> = std::iter::from_fn(next).collect();
        assert_eq!(numbers[0], (7, false));
        assert_eq!(numbers[1..], (0..7).map(|number| (number, true)).collect::<Vec<_>>());
    }

    #[test]
    fn strange_acknowledgements_change_nothing() {
        let outbox = outbox(2);
        send_all(&outbox);
        assert!(outbox.acknowledge(0));
        assert!(!outbox.acknowledge(0) && !outbox.acknowledge(7) && !outbox.acknowledge(u64::MAX));
        assert_eq!(outbox.pending(), 1);
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
        let origin = Origin::for_tests("TEST-1");
        let waker = futures_util::task::noop_waker();
        let context = Context::from_waker(&waker);
        assert!(outbox.poll_acknowledged(&origin, 0, &context).is_pending());
        outbox.close();
        assert_eq!(outbox.poll_acknowledged(&origin, 0, &context), Poll::Ready(Err(())));
    }
}
