//! What has been accepted from the application and not yet acknowledged by the broker.
//!
//! The outbox, not the MQTT client, is the store of record: an entry leaves it on its acknowledgement, or because
//! its asset's rules say that it may be dropped, and on nothing else. Entries are numbered in the order in which
//! they were accepted; after a lost session everything that is not acknowledged is sent again in that order.
//! Entries of a device that has no session yet, or something that is not stored yet, are held back until it has;
//! those of other devices pass them.
//!
//! Alerts go before outcomes, and those before states. What has come together while there was no connection is the backlog: what is accepted on the connection
//! goes before it, so that the platform knows how things are before it learns how they were.

mod accepted;
mod barred;
mod batch;
mod config;
mod entry;
mod fate;
mod lanes;
mod memory;
mod order;
mod queue;
mod record;
mod refusals;
mod slots;
mod store;
mod stored;
#[cfg(test)]
mod tests;
mod turns;
mod went;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use self::accepted::{Accepted, More};
pub use self::batch::Batch;
pub(crate) use self::config::Capacity;
pub use self::config::OutboxConfig;
pub(crate) use self::entry::{Body, Encoded, Entry, Outcome, Report, Required, Said, Scope, States};
pub(crate) use self::fate::Fate;
pub(crate) use self::order::Order;
use self::queue::{Effects, Queue};
pub(crate) use self::slots::Going;
pub(crate) use self::store::OfStore;
use self::store::Record;
pub use self::store::{DiskFaults, StoreError};
pub(crate) use self::store::{Row, Store};
pub(crate) use self::stored::salvage;
use self::stored::write;
pub(crate) use self::turns::{Turn, Waiter};
pub(crate) use self::went::{Later, Promised, Went};
use crate::clock::WallClock;
use crate::link::Token;
use crate::lock::lock;
use crate::metrics::{LinkMetrics, Lost, Waited};
use crate::news::News;
use crate::origin::Origin;
use crate::until::until;

/// So much more than what it holds may be answers to commands, and the states that commands lead to.
const ANSWERS: Capacity = Capacity { messages: 16_384, bytes: 16 * 1024 * 1024 };

/// Why an entry will never be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

/// The outbox, shared by the devices of one link (who push) and its delivery (who sends).
#[derive(Debug)]
pub(crate) struct Outbox {
    capacity: Capacity,
    metrics: Arc<LinkMetrics>,
    queue: Mutex<Queue>,
    /// Whether it was full when it was changed last: who asks for room need not wait for the lock to hear that there is.
    is_full: AtomicBool,
    /// Whether a message is to be tried, alone: see [`barred`].
    is_trial: AtomicBool,
    store: OnceLock<Store>,
    /// What was found in the store, of devices that have not come yet.
    parked: Mutex<HashMap<String, Vec<(Row, Record)>>>,
    /// Tells the link that there is something for it: to send, to acknowledge, of devices that come and go, that one is
    /// in haste, or that all ends.
    pub(crate) news: Arc<News>,
    /// Tells whoever closes that less waits.
    drained: Notify,
    /// Tells who expires entries that there are more.
    expiring: Notify,
    /// For what outlives the program.
    clock: Arc<WallClock>,
}

impl Outbox {
    /// `order`: what the platform takes for the newest.
    pub(crate) fn new(news: Arc<News>, capacity: Capacity, order: Order, metrics: Arc<LinkMetrics>) -> Self {
        Self {
            capacity,
            metrics,
            queue: Mutex::new(Queue::new(order)),
            is_full: AtomicBool::new(false),
            is_trial: AtomicBool::new(false),
            store: OnceLock::new(),
            parked: Mutex::default(),
            news,
            drained: Notify::new(),
            expiring: Notify::new(),
            clock: Arc::default(),
        }
    }

    /// By another clock on the wall than the machine's.
    pub(crate) fn with_clock(self, clock: Arc<WallClock>) -> Self {
        Self { clock, ..self }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    /// Does something, and then what follows from it for others.
    fn change<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queue = self.lock();
        let result = change(&mut queue);
        self.leave(queue);
        result
    }

    /// Unlocks it after a change, and does what follows from that for others.
    #[inline]
    fn leave(&self, mut queue: MutexGuard<'_, Queue>) {
        self.is_full.store(queue.is_full(self.capacity), Relaxed);
        let drained = std::mem::take(&mut queue.drained);
        let is_news = std::mem::take(&mut queue.is_news);
        let effects = (!queue.effects.is_empty()).then(|| std::mem::take(&mut queue.effects));
        drop(queue);
        // First: what follows is not all ours, and nobody else tells should it panic.
        if is_news {
            self.news.tell();
        }
        if drained {
            self.drained.notify_waiters();
        }
        effects.into_iter().for_each(|effects| self.follow(effects));
    }

    fn follow(&self, effects: Effects) {
        let Effects { woken, done, dropped, expired, lost, failed, untold } = effects;
        if dropped + expired > 0 {
            self.metrics.dropped(Lost::Full, dropped);
            self.metrics.dropped(Lost::Expired, expired);
        }
        woken.into_iter().for_each(Waker::wake);
        if let Some(store) = self.store.get() {
            // First: what is deleted because it was dropped is not forgotten should the program end between the two.
            for (origin, asset, more) in untold {
                store.owe(origin.id.as_str(), origin.model.assets[asset].name, more);
            }
            if !done.is_empty() {
                store.delete(done);
            }
        }
        lost.into_iter().for_each(queue::Lost::tell);
        failed.into_iter().for_each(|(origin, sending, cause)| origin.failed(sending, cause));
    }

    // ---- what comes

    /// Whether it was full when it was changed last: then states wait that need not otherwise.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Relaxed)
    }

    /// Ready when there is room for another state of each of these assets that would wait for it; otherwise the task
    /// is woken when there is, unless it [gives up](Self::give_up).
    #[inline]
    pub(crate) fn poll_room(
        &self,
        origin: &Arc<Origin>,
        assets: impl IntoIterator<Item = usize, IntoIter: Clone>,
        waiter: &mut Waiter<'_>,
    ) -> Poll<()> {
        let is_full = self.is_full();
        let may_wait = |asset: usize| origin.model.assets[asset].rules.may_wait(is_full);
        let assets = assets.into_iter();
        match assets.clone().any(may_wait) {
            true => self.poll_room_of(origin, assets.filter(|asset| may_wait(*asset)), waiter),
            false => Poll::Ready(()),
        }
    }

    fn poll_room_of(
        &self,
        origin: &Arc<Origin>,
        mut waiting: impl Iterator<Item = usize>,
        waiter: &mut Waiter<'_>,
    ) -> Poll<()> {
        let mut queue = self.lock();
        let is_full = queue.is_full(self.capacity);
        if queue.closed || !waiting.any(|asset| is_full || queue.is_lane_full(origin, asset)) {
            return Poll::Ready(());
        }
        let former = queue.want_room.wait(waiter);
        self.make_way(queue);
        // Behind the lock: it may be the last of its task.
        drop(former);
        Poll::Pending
    }

    /// As [`poll_room`](Self::poll_room), for a report.
    pub(crate) fn poll_room_for_report(&self, waiter: &mut Waiter<'_>) -> Poll<()> {
        let mut queue = self.lock();
        if !queue.is_full(self.capacity) || queue.closed {
            return Poll::Ready(());
        }
        let former = queue.want_room.wait(waiter);
        self.make_way(queue);
        // Behind the lock: it may be the last of its task.
        drop(former);
        Poll::Pending
    }

    /// Somebody waits for room no longer.
    pub(crate) fn give_up(&self, turn: &Turn) {
        // Dropped behind the lock: it may be the last of its task.
        let waker = self.lock().want_room.leave(turn);
        drop(waker);
    }

    /// It is full: nothing waits for more to come.
    fn make_way(&self, mut queue: MutexGuard<'_, Queue>) {
        queue.let_all_go();
        self.leave(queue);
    }

    /// Takes the entries of one transaction, all or none, as far as their assets' rules let them in.
    pub(crate) fn push(&self, entries: impl IntoIterator<Item = Entry> + AsMut<[Entry]>) -> Accepted {
        self.push_of(entries, Vec::new())
    }

    /// As [`push`](Self::push), for a transaction of several devices, each with its number there: they hear whether it was
    /// stored, also those of which nothing is said.
    pub(crate) fn push_of(
        &self,
        entries: impl IntoIterator<Item = Entry> + AsMut<[Entry]>,
        parts: Vec<(Arc<Origin>, u64)>,
    ) -> Accepted {
        self.take_in(entries, parts, None)
    }

    /// Takes the whole state of a device, instead of what waits of one from before: who waits for that waits for this.
    pub(crate) fn push_whole(
        &self,
        origin: &Arc<Origin>,
        entries: impl IntoIterator<Item = Entry> + AsMut<[Entry]>,
    ) -> Accepted {
        self.take_in(entries, Vec::new(), Some(origin))
    }

    /// `whole_of`: they are the whole state of this device.
    fn take_in(
        &self,
        mut entries: impl IntoIterator<Item = Entry> + AsMut<[Entry]>,
        parts: Vec<(Arc<Origin>, u64)>,
        whole_of: Option<&Arc<Origin>>,
    ) -> Accepted {
        let all = entries.as_mut();
        if all.is_empty() && whole_of.is_none() {
            return Accepted::default();
        }
        let store = self.store.get().filter(|_| all.iter().any(|entry| entry.demands.is_to_be_stored));
        let may_go = store.is_some() || all.iter().any(|entry| entry.demands.can_drop);
        let fate = may_go.then(Arc::<Fate>::default);
        if let Some(fate) = &fate {
            all.iter_mut().for_each(|entry| entry.rest_mut().fate = Some(Arc::clone(fate)));
        }
        let mut queue = self.lock();
        let whole = whole_of.map(|origin| queue.drop_whole(origin));
        if let Some(whole) = &whole {
            entries.as_mut().iter_mut().for_each(|entry| entry.rest_mut().fate = Some(Arc::clone(whole)));
        }
        let start = queue.end();
        for mut entry in entries {
            if entry.since().is_none() && (store.is_some() || entry.demands.is_timed) {
                entry.rest_mut().since = Some(Instant::now());
            }
            queue.push(entry, self.capacity, store, Instant::now);
        }
        let numbers = start..queue.end();
        // Under the lock: the store has them in the order of their numbers.
        let stored = store.zip(fate.as_ref()).filter(|_| !numbers.is_empty());
        let rows =
            stored.map(|(store, fate)| write((store, self.lasting()), &queue, numbers.clone(), fate, parts));
        whole.iter().for_each(|whole| whole.become_whole(numbers.clone()));
        queue.is_news |= std::mem::take(&mut queue.is_awaited);
        let has_begun = queue.take_begun();
        let is_timed = has_begun || fate.is_some() || whole.is_some();
        self.leave(queue);
        if is_timed {
            self.expiring.notify_one();
        }
        Accepted::new(numbers, fate.or(whole), rows)
    }

    // ---- what goes

    /// Hands the next unsent entry to `send`, and how it goes.
    pub(crate) fn send_next<T>(&self, send: impl FnOnce(Token, &Entry, Going) -> T) -> Option<T> {
        self.change(|queue| {
            let next = queue.next(Instant::now);
            // Who sends comes again by itself until there is nothing.
            queue.is_awaited = next.is_none();
            let (number, is_late) = next?;
            let (entry, going) = queue.going(number, is_late)?;
            Some(send(number, entry, going))
        })
    }

    /// A device has its session: what was held for it may go. The others' stays where it is.
    pub(crate) fn release(&self) {
        self.change(Queue::release);
    }

    /// Gives a device another batch, or none; what has waited goes. A device that closes has none any more.
    pub(crate) fn set_batch(&self, origin: &Arc<Origin>, batch: Option<Batch>) {
        self.change(|queue| queue.set_batch(origin, batch.filter(|_| !origin.is_leaving())));
    }

    /// The link sends again what was sent and is not acknowledged: each device counts it.
    pub(crate) fn count_again(&self) {
        self.lock().count_again();
    }

    /// Forgets what was sent: everything that is not acknowledged is unsent again. Returns how many
    /// entries had been sent.
    pub(crate) fn rewind(&self) -> usize {
        self.lock().rewind()
    }

    /// Makes what is unsent the backlog. Returns how many entries that are.
    pub(crate) fn begin_backlog(&self) -> usize {
        self.lock().begin_backlog()
    }

    /// Whether states were dropped of which nothing has told yet.
    pub(crate) fn owes(&self) -> bool {
        self.lock().owes()
    }

    /// Whether there is a connection: without one, what is to be kept nowhere is dropped.
    pub(crate) fn set_online(&self, is_online: bool) {
        self.change(|queue| queue.set_online(is_online));
    }

    /// Drops what has expired, and lets go what has waited for more, until it is dropped itself.
    pub(crate) async fn keep_time(&self) {
        loop {
            let more = self.expiring.notified();
            let now = Instant::now();
            let deadline = self.change(|queue| {
                queue.let_due_go(now);
                let waiting = queue.len();
                let expiring = queue.expire(now);
                // Perhaps there is nothing but to say goodbye.
                queue.is_news |= queue.len() < waiting;
                self.call_trial(queue, now);
                expiring.into_iter().chain(queue.due()).chain(queue.barred.due()).min()
            });
            match deadline {
                Some(deadline) => {
                    let _ = tokio::time::timeout_at(deadline, more).await;
                }
                None => more.await,
            }
        }
    }

    /// Lets an entry go. False when it was gone already: the broker acknowledged it twice.
    pub(crate) fn acknowledge(&self, number: Token) -> bool {
        let origin = self.change(|queue| queue.arrived(number).map(|entry| entry.origin));
        origin.inspect(|origin| origin.acknowledged()).is_some()
    }

    /// Waits until nothing of a device's is worth waiting for: all is acknowledged or gone, or without a connection only
    /// its last words are left. Cancel safe.
    pub(crate) async fn drained(&self, origin: &Arc<Origin>) {
        until(&self.drained, || self.lock().is_drained(origin).then_some(())).await;
    }

    /// The numbers from the oldest entry to the newest, and for how long the oldest has waited; some of those between are gone,
    /// perhaps. `wall`: what the clock on the wall shows.
    pub(crate) fn oldest(&self, now: Instant, wall: Timestamp) -> (Range<Token>, Waited) {
        let queue = self.lock();
        let numbers = queue.first()..queue.end();
        let waited = queue.entry(numbers.start).map_or(Waited::Unknown, |entry| entry.waited(now, wall));
        (numbers, waited)
    }

    /// Whether something of what went there waits for its acknowledgement.
    pub(crate) fn is_waiting(&self, went: &Went) -> bool {
        let queue = self.lock();
        went.entries().any(|number| queue.contains(number))
    }

    /// How many entries wait, when that is so much more than it should hold that commands and answers to them cannot be taken
    /// any more. What they lead to counts as all else does, and nobody waits for room for it.
    pub(crate) fn swamped(&self) -> Option<usize> {
        if !self.is_full() {
            return None;
        }
        let queue = self.lock();
        queue.is_full(self.capacity.and(ANSWERS)).then(|| queue.len())
    }

    /// How full it is, in percent.
    pub(crate) fn load(&self) -> u8 {
        let (messages, bytes) = self.lock().size();
        let percent = |of: usize, all: usize| (of.saturating_mul(100) / all).min(100) as u8;
        percent(messages, self.capacity.messages).max(percent(bytes, self.capacity.bytes))
    }

    /// How many entries wait for their acknowledgement.
    pub(crate) fn pending(&self) -> usize {
        self.lock().len()
    }

    /// No more acknowledgements will come: whoever waits is woken.
    pub(crate) fn close(&self) {
        self.change(|queue| {
            queue.closed = true;
            let waiting = std::mem::take(&mut queue.want_ack).into_values().flatten();
            queue.effects.woken.extend(waiting);
            let waiting = queue.want_room.take();
            queue.effects.woken.extend(waiting);
        });
    }

    /// Ready with `Ok` when the entry is acknowledged or dropped, with `Err` when it never will be.
    pub(crate) fn poll_acknowledged(&self, number: Token, context: &Context<'_>) -> Poll<Result<(), Closed>> {
        let mut queue = self.lock();
        if !queue.contains(number) {
            return Poll::Ready(if queue.is_forgotten(number) { Err(Closed) } else { Ok(()) });
        }
        if queue.closed {
            return Poll::Ready(Err(Closed));
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
