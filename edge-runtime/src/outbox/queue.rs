//! What waits, what is held back, and what is dropped when there is no room. No I/O, and the clock is a parameter.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;

use jiff::Timestamp;
use tokio::time::Instant;

use super::batch::{Batch, Batches};
use super::entry::{Body, Entry, Scope, value_bytes};
use super::lanes::Lanes;
use super::order::{Order, Priority, Schedule};
use super::slots::{Slot, Slots};
use super::store::{Row, Store};
use super::turns::Turns;
use super::{Capacity, Fate};
use crate::failures::{ErrorCause, Sending};
use crate::link::Token;
use crate::model::Overflow;
use crate::origin::{Gone, Origin};
use crate::value::codec::Json;

/// Of what is stored and may be dropped, this part goes when the disk is full.
const DROPPED_PART: usize = 4;

/// So many entries that will never be acknowledged are remembered, for those who hold their receipts.
const FORGOTTEN: usize = 65_536;

/// So many deadlines of what is gone are no harm.
const FEW: usize = 1024;

/// A state that will not be delivered. What is made of it is made when the queue is unlocked.
#[derive(Debug)]
pub(super) struct Lost {
    origin: Arc<Origin>,
    at: Timestamp,
    state: (usize, Json),
    gone: Gone,
}

impl Lost {
    pub(super) fn tell(self) {
        let Self { origin, at, state, gone } = self;
        origin.failed(Sending::states(origin.model, at, &[state]), gone.into());
    }
}

/// What is to be done when the queue is unlocked.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) woken: Vec<Waker>,
    /// Nothing of some device's waits any more, or less of one that leaves.
    pub(super) drained: bool,
    /// What the store need not keep any longer.
    pub(super) done: Vec<Row>,
    /// How many states were dropped, and how many have expired.
    pub(super) dropped: usize,
    pub(super) expired: usize,
    /// States that will not be delivered, where somebody wants to hear of it.
    pub(super) lost: Vec<Lost>,
    /// The same of whole entries.
    pub(super) failed: Vec<(Arc<Origin>, Sending, ErrorCause)>,
}

impl Effects {
    pub(super) fn is_empty(&self) -> bool {
        self.woken.is_empty()
            && !self.drained
            && self.done.is_empty()
            && self.lost.is_empty()
            && self.failed.is_empty()
            && self.dropped + self.expired == 0
    }

    /// A state of an entry is gone.
    fn lost(&mut self, entry: &Entry, at: Timestamp, state: (usize, Json), gone: Gone) {
        match gone {
            Gone::Dropped => self.dropped += 1,
            Gone::Expired => self.expired += 1,
        }
        if entry.origin.failures.is_heard() {
            self.lost.push(Lost { origin: Arc::clone(&entry.origin), at, state, gone });
        }
    }

    /// An entry will not be delivered.
    pub(super) fn fail(&mut self, entry: &Entry, cause: ErrorCause) {
        if entry.origin.failures.is_heard()
            && let Some(sending) = entry.sending()
        {
            self.failed.push((Arc::clone(&entry.origin), sending, cause));
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    slots: Slots,
    /// Of the entries that were not sent on this session.
    schedule: Schedule,
    batches: Batches,
    lanes: Lanes,
    /// When states expire: with the entry and the asset. Some are gone already.
    deadlines: BinaryHeap<Reverse<(Instant, Token, usize)>>,
    unstored: Unstored,
    /// Will never be acknowledged.
    forgotten: BTreeSet<Token>,
    bytes: usize,
    is_online: bool,
    /// Whoever sends has found nothing that may go, and is to be told when more comes.
    pub(super) is_awaited: bool,
    pub(super) closed: bool,
    /// Woken when there is room again.
    pub(super) want_room: Turns,
    /// Woken when the entry of that number is acknowledged, or gone.
    pub(super) want_ack: BTreeMap<Token, Vec<Waker>>,
    pub(super) effects: Effects,
}

impl Queue {
    pub(super) fn new(order: Order) -> Self {
        Self { schedule: Schedule::new(order), ..Self::default() }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many entries and bytes there are.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.slots.len(), self.bytes)
    }

    /// The lowest number of an entry.
    pub(super) fn first(&self) -> Token {
        self.slots.first()
    }

    /// The number that the next entry will have.
    pub(super) fn end(&self) -> Token {
        self.slots.end()
    }

    pub(super) fn contains(&self, number: Token) -> bool {
        self.slots.get(number).is_some()
    }

    /// An entry that is not acknowledged.
    pub(super) fn entry(&self, number: Token) -> Option<&Entry> {
        self.slots.get(number).map(|slot| &*slot.entry)
    }

    pub(super) fn is_full(&self, capacity: Capacity) -> bool {
        self.slots.len() >= capacity.messages || self.bytes >= capacity.bytes
    }

    /// Whether a state of the asset has to wait.
    pub(super) fn is_lane_full(&self, origin: &Arc<Origin>, asset: usize) -> bool {
        let rules = &origin.model.assets[asset].rules;
        let full = |lane: &super::lanes::Lane| rules.is_full(lane.numbers.len(), lane.bytes);
        rules.is_bounded() && self.lanes.get(origin, asset).is_some_and(full)
    }

    // ---- what comes

    /// Takes an entry in, or what the rules of its assets leave of it.
    /// `store`: gives it a row there.
    pub(super) fn push(
        &mut self,
        mut entry: Box<Entry>,
        capacity: Capacity,
        store: Option<&Store>,
    ) -> Option<Token> {
        let bounded: Vec<usize> = self.bounded(&entry);
        let is_kept = store.is_some() || bounded.is_empty() || entry.is_kept();
        for &asset in &bounded {
            if !self.make_room(&entry.origin, asset, capacity, is_kept) {
                self.refuse(&mut entry, asset);
            }
        }
        if entry.states().is_some_and(|states| states.values.is_empty()) {
            return None;
        }
        entry.row = entry.row.or_else(|| Some(store?.take_row()));
        self.tell_dropped(&mut entry);
        entry.origin.accepted();
        self.bytes += entry.bytes();
        let (number, is_recovered) = (self.slots.end(), entry.is_recovered());
        self.schedule.add(number, entry.priority(), is_recovered);
        if entry.row.is_some() && !is_recovered {
            let unstored = self.unstored.entry(address(&entry.origin)).or_default();
            unstored.push_back(number);
            entry.origin.hold_from(unstored[0]);
        }
        for &asset in &bounded {
            self.enter_lane(&entry, asset, number);
        }
        let has_waited = self.batches.add(number, &entry);
        let is_lane_full = bounded.iter().any(|&asset| self.is_lane_full(&entry.origin, asset));
        self.slots.push(entry);
        if has_waited {
            self.release();
        }
        // Nothing waits for more when the next one would cost another.
        if is_lane_full || self.is_full(capacity) {
            self.let_all_go();
        }
        Some(number)
    }

    fn bounded(&self, entry: &Entry) -> Vec<usize> {
        if !entry.demands.is_bounded {
            return Vec::new();
        }
        let is_bounded = |&asset: &usize| entry.asset(asset).rules.is_bounded();
        entry.ruled().map(|(asset, _)| *asset).filter(is_bounded).collect()
    }

    /// Whether a state of the asset may come in; room is made for it where the asset's rules say so.
    fn make_room(&mut self, origin: &Arc<Origin>, asset: usize, capacity: Capacity, is_kept: bool) -> bool {
        let rules = &origin.model.assets[asset].rules;
        if !is_kept && !self.is_online {
            return false;
        }
        match rules.overflow {
            Overflow::Wait => true,
            Overflow::Latest => {
                while self.drop_oldest(origin, asset) {}
                !self.is_full(capacity)
            }
            Overflow::DropOldest => {
                while (self.is_lane_full(origin, asset) || self.is_full(capacity))
                    && self.drop_oldest(origin, asset)
                {}
                !self.is_full(capacity)
            }
            Overflow::DropNewest => !self.is_lane_full(origin, asset) && !self.is_full(capacity),
        }
    }

    /// A state does not come in.
    fn refuse(&mut self, entry: &mut Entry, asset: usize) {
        let Some(states) = entry.states_mut() else { return };
        let Some(index) = states.values.iter().position(|(index, _)| *index == asset) else { return };
        let (at, state) = (states.at, states.values.remove(index));
        lose(entry, Gone::Dropped);
        self.effects.lost(entry, at, state, Gone::Dropped);
        self.lanes.owe(&entry.origin, asset, 1);
    }

    /// Drops the oldest state of the asset that is not on its way.
    fn drop_oldest(&mut self, origin: &Arc<Origin>, asset: usize) -> bool {
        self.oldest(origin, asset).is_some_and(|number| {
            self.drop_state(number, asset, Gone::Dropped);
            true
        })
    }

    /// The oldest entry with a state of the asset that is not on its way.
    fn oldest(&self, origin: &Arc<Origin>, asset: usize) -> Option<Token> {
        let is_unsent = |number: &Token| self.slots.get(*number).is_some_and(|slot| !slot.sent);
        self.lanes.get(origin, asset)?.numbers.iter().copied().find(is_unsent)
    }

    fn enter_lane(&mut self, entry: &Entry, asset: usize, number: Token) {
        let Some(states) = entry.states() else { return };
        let Some((_, value)) = states.values.iter().find(|(index, _)| *index == asset) else { return };
        self.lanes.add(&entry.origin, asset, number, value_bytes(value));
        if let Some(expiry) = entry.asset(asset).rules.expiry
            && let Some(deadline) = entry.since.and_then(|since| since.checked_add(expiry))
        {
            self.deadlines.push(Reverse((deadline, number, asset)));
            if self.deadlines.len() > FEW && self.deadlines.len() > 8 * self.slots.len() {
                self.deadlines.retain(|Reverse((_, number, _))| self.slots.get(*number).is_some());
            }
        }
    }

    /// The message tells how many were dropped before it.
    fn tell_dropped(&mut self, entry: &mut Entry) {
        if !entry.demands.can_drop && !entry.is_whole() {
            return;
        }
        let Some(states) = entry.states() else { return };
        let assets = states.values.iter().map(|(asset, _)| *asset);
        let assets: Vec<_> = assets.filter(|asset| entry.asset(*asset).rules.can_drop()).collect();
        for asset in assets {
            let untold = self.lanes.take_untold(&entry.origin, asset);
            entry.states_mut().into_iter().for_each(|states| states.mark_dropped(asset, untold));
        }
    }

    // ---- what goes

    /// Drops a state of an entry; with its last one goes the entry.
    fn drop_state(&mut self, number: Token, asset: usize, gone: Gone) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        let entry = &mut slot.entry;
        let Some(states) = entry.states_mut() else { return };
        let Some(index) = states.values.iter().position(|(index, _)| *index == asset) else { return };
        let (at, state) = (states.at, states.values.remove(index));
        let untold = 1 + states.dropped_of(asset);
        states.dropped.retain(|(index, _)| *index != asset);
        let is_empty = states.values.is_empty();
        let bytes = value_bytes(&state.1);
        lose(entry, gone);
        self.effects.lost(entry, at, state, gone);
        let origin = Arc::clone(&entry.origin);
        self.bytes -= bytes;
        self.lanes.remove(&origin, asset, number, bytes);
        self.effects.woken.extend(self.want_room.take());
        if is_empty {
            self.take(number);
        }
        self.tell_next(&origin, asset, number, untold);
    }

    /// The next state of the asset tells how many were dropped before it.
    fn tell_next(&mut self, origin: &Arc<Origin>, asset: usize, after: Token, untold: u64) {
        let lane = self.lanes.get(origin, asset);
        let is_next =
            |number: &Token| *number > after && self.slots.get(*number).is_some_and(|slot| !slot.sent);
        let next = lane.and_then(|lane| lane.numbers.iter().copied().find(is_next));
        match next.and_then(|number| self.slots.get_mut(number)).and_then(|slot| slot.entry.states_mut()) {
            Some(states) => states.mark_dropped(asset, untold),
            None => self.lanes.owe(origin, asset, untold),
        }
    }

    /// Takes an entry out.
    pub(super) fn take(&mut self, number: Token) -> Option<Box<Entry>> {
        let Slot { entry, sent, .. } = self.slots.take(number)?;
        if !sent {
            self.schedule.remove(number, entry.priority());
        }
        self.bytes -= entry.bytes();
        entry.origin.left();
        self.effects.drained |= entry.origin.pending() == 0 || entry.origin.is_leaving();
        let ruled = entry.ruled().filter(|_| entry.demands.is_bounded);
        for (asset, value) in ruled.filter(|(asset, _)| entry.asset(*asset).rules.is_bounded()) {
            self.lanes.remove(&entry.origin, *asset, number, value_bytes(value));
        }
        if let Some(row) = entry.row {
            self.effects.done.push(row);
            self.settle(&entry.origin, number);
        }
        self.effects.woken.extend(self.want_room.take());
        if let Some(waiting) = self.want_ack.remove(&number) {
            self.effects.woken.extend(waiting);
        }
        Some(entry)
    }

    /// Takes out what was not sent of a device's whole state. Returns the fate of the one that comes in its place: that
    /// of the oldest, which the others follow, so that it is never a long way from one to the next.
    pub(super) fn drop_whole(&mut self, origin: &Arc<Origin>) -> Arc<Fate> {
        let is_whole = |entry: &Entry| entry.states().is_some_and(|states| states.scope == Scope::Whole);
        let slots = self.slots.iter().filter(|slot| !slot.sent && is_whole(&slot.entry));
        let numbers = slots.filter(|slot| Arc::ptr_eq(&slot.entry.origin, origin)).map(|slot| slot.number);
        let mut whole = None;
        for number in numbers.collect::<Vec<_>>() {
            let Some(fate) = self.withdraw(number).and_then(|entry| entry.fate) else { continue };
            let oldest = whole.get_or_insert_with(|| Arc::clone(&fate));
            if !Arc::ptr_eq(oldest, &fate) {
                fate.follow(oldest);
            }
        }
        whole.unwrap_or_default()
    }

    /// Takes an entry out that will not be sent. What it would have told of others, the next one tells.
    pub(super) fn withdraw(&mut self, number: Token) -> Option<Box<Entry>> {
        let mut entry = self.take(number)?;
        let untold = entry.states_mut().map(|states| std::mem::take(&mut states.dropped));
        for (asset, count) in untold.into_iter().flatten() {
            self.lanes.owe(&entry.origin, asset, count);
        }
        Some(entry)
    }

    /// Whoever wants to hears that an entry will not be delivered.
    pub(super) fn fail(&mut self, number: Token, cause: ErrorCause) {
        if let Some(slot) = self.slots.get(number) {
            self.effects.fail(&slot.entry, cause);
        }
    }

    /// Entries that will never be acknowledged.
    pub(super) fn forget(&mut self, numbers: impl Iterator<Item = Token>) {
        self.forgotten.extend(numbers);
        while self.forgotten.len() > FORGOTTEN {
            self.forgotten.pop_first();
        }
    }

    pub(super) fn is_forgotten(&self, number: Token) -> bool {
        self.forgotten.contains(&number)
    }

    /// Whether states were dropped of which no message tells yet.
    pub(super) fn owes(&self) -> bool {
        self.lanes.owe_something()
    }

    /// Whether an entry is stored in this row.
    pub(super) fn has_row(&self, row: Row) -> bool {
        self.slots.iter().any(|slot| slot.entry.row == Some(row))
    }

    /// Whether nothing of a device's is worth waiting for: its last words are not without a connection, whose loss has
    /// said them.
    pub(super) fn is_drained(&self, origin: &Arc<Origin>) -> bool {
        let of_device = |slot: &&Slot| Arc::ptr_eq(&slot.entry.origin, origin);
        let is_said = |slot: &Slot| matches!(slot.entry.body, Body::Presence(_));
        match origin.pending() {
            0 => true,
            1 if !self.is_online => self.slots.iter().find(of_device).is_some_and(is_said),
            _ => false,
        }
    }

    /// There is a connection now, or none.
    pub(super) fn set_online(&mut self, is_online: bool) {
        self.is_online = is_online;
        if !is_online {
            self.discard();
            self.effects.drained = true;
        }
    }

    /// Takes all entries of a device out, and gives their numbers.
    pub(super) fn take_all(&mut self, origin: &Arc<Origin>) -> Vec<(Token, Box<Entry>)> {
        let of_device = self.slots.iter().filter(|slot| Arc::ptr_eq(&slot.entry.origin, origin));
        let numbers: Vec<Token> = of_device.map(|slot| slot.number).collect();
        self.unstored.remove(&address(origin));
        origin.hold_from(Token::MAX);
        self.batches.set(origin, None);
        let taken = numbers.into_iter().filter_map(|number| Some((number, self.take(number)?))).collect();
        self.lanes.forget(origin);
        // Setters of the device wait for nothing any more.
        self.effects.woken.extend(self.want_room.take());
        taken
    }

    /// Drops what has expired and is not on its way. Returns when there is more to do.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Instant> {
        loop {
            let &Reverse((deadline, number, asset)) = self.deadlines.peek()?;
            if deadline > now && self.contains(number) {
                return Some(deadline);
            }
            self.deadlines.pop();
            // What is on its way is looked at again should it have to be sent again.
            if self.slots.get(number).is_some_and(|slot| !slot.sent) {
                self.drop_state(number, asset, Gone::Expired);
            }
        }
    }

    /// There is no connection any more: what is to be kept nowhere goes.
    fn discard(&mut self) {
        let slots = self.slots.iter().filter(|slot| !slot.sent && !slot.entry.is_kept());
        let discarded = slots.flat_map(|slot| {
            let assets = slot.entry.ruled().map(|(asset, _)| *asset);
            assets.map(|asset| (slot.number, asset))
        });
        for (number, asset) in discarded.collect::<Vec<_>>() {
            self.drop_state(number, asset, Gone::Dropped);
        }
    }

    // ---- what is stored

    /// The store has these entries.
    pub(super) fn stored(&mut self, numbers: std::ops::Range<Token>) {
        for number in numbers {
            if let Some(origin) = self.entry(number).map(|entry| Arc::clone(&entry.origin)) {
                self.settle(&origin, number);
            }
        }
    }

    /// An entry is stored, or does not have to be any more: its device goes on up to the next that is not.
    fn settle(&mut self, origin: &Arc<Origin>, number: Token) {
        let Some(unstored) = self.unstored.get_mut(&address(origin)) else { return };
        if let Ok(index) = unstored.binary_search(&number) {
            unstored.remove(index);
        }
        origin.hold_from(unstored.front().copied().unwrap_or(Token::MAX));
        if unstored.is_empty() {
            self.unstored.remove(&address(origin));
        }
    }

    /// There is no room on the disk for these entries: drops some of the oldest that are stored, of the same assets,
    /// if these say that it may be so. Returns whether something was dropped.
    pub(super) fn drop_stored(&mut self, numbers: std::ops::Range<Token>) -> bool {
        let entries = numbers.clone().filter_map(|number| self.entry(number));
        let assets =
            entries.flat_map(|entry| entry.ruled().map(|(asset, _)| (Arc::clone(&entry.origin), *asset)));
        let may_drop = |(origin, asset): &(Arc<Origin>, usize)| {
            matches!(origin.model.assets[*asset].rules.overflow, Overflow::DropOldest | Overflow::Latest)
        };
        let mut dropped = false;
        for (origin, asset) in assets.filter(may_drop).collect::<Vec<_>>() {
            let waiting = self.lanes.get(&origin, asset).map_or(0, |lane| lane.numbers.len());
            for _ in 0..waiting.div_ceil(DROPPED_PART) {
                let is_older = self.oldest(&origin, asset).is_some_and(|number| number < numbers.start);
                dropped |= is_older && self.drop_oldest(&origin, asset);
            }
        }
        dropped
    }

    /// The entries that are stored in these rows.
    pub(super) fn of_rows(&self, rows: &std::ops::Range<Row>) -> Vec<Token> {
        let is_one = |entry: &Entry| entry.row.is_some_and(|row| rows.contains(&row));
        self.slots.iter().filter(|slot| is_one(&slot.entry)).map(|slot| slot.number).collect()
    }

    // ---- what waits for more

    /// Whether it matters when an entry came.
    pub(super) fn is_timed(&self, entry: &Entry) -> bool {
        entry.demands.is_timed || self.has_batches()
    }

    pub(super) fn has_batches(&self) -> bool {
        !self.batches.is_empty()
    }

    /// Gives a device another batch, or none. What has waited goes.
    pub(super) fn set_batch(&mut self, origin: &Arc<Origin>, batch: Option<Batch>) {
        if self.batches.set(origin, batch) {
            self.release();
        }
    }

    /// Lets go what waits of all devices. Returns whether something did.
    pub(super) fn let_all_go(&mut self) -> bool {
        let has_waited = self.batches.let_all_go();
        if has_waited {
            self.release();
        }
        has_waited
    }

    /// Lets go what has waited long enough. Returns whether something did.
    pub(super) fn let_due_go(&mut self, now: Instant) -> bool {
        let has_waited = self.batches.let_due_go(now);
        if has_waited {
            self.release();
        }
        has_waited
    }

    /// When something has waited long enough.
    pub(super) fn due(&self) -> Option<Instant> {
        self.batches.due()
    }

    // ---- what is sent

    /// The number of the next entry to send, and whether it comes late.
    pub(super) fn next(&mut self, now: impl Fn() -> Instant) -> Option<(Token, bool)> {
        loop {
            let Self { schedule, slots, unstored, .. } = self;
            let (number, is_backlog) =
                schedule.next(|number| slots.get(number).is_some_and(|slot| may_go(slot, unstored)))?;
            // It may have expired while it was on its way, or a moment ago.
            self.expire_now(number, &now);
            if let Some(slot) = self.slots.get_mut(number) {
                slot.sent = true;
                return Some((number, is_backlog || slot.entry.is_recovered()));
            }
        }
    }

    /// The clock is asked only where something expires.
    fn expire_now(&mut self, number: Token, now: impl Fn() -> Instant) {
        let Some(entry) = self.entry(number).filter(|entry| entry.demands.can_drop) else { return };
        let is_expired = |asset: &usize| {
            let expiry = entry.asset(*asset).rules.expiry;
            let since = entry.since.zip(expiry);
            since.is_some_and(|(since, expiry)| now().saturating_duration_since(since) >= expiry)
        };
        let expired: Vec<usize> = entry.ruled().map(|(asset, _)| *asset).filter(is_expired).collect();
        expired.into_iter().for_each(|asset| self.drop_state(number, asset, Gone::Expired));
    }

    /// What was held may go as far as its devices are open now. The others' stays where it is.
    pub(super) fn release(&mut self) {
        let Self { schedule, slots, unstored, .. } = self;
        schedule.release(|number| slots.get(number).is_some_and(|slot| may_go(slot, unstored)));
    }

    /// How many entries were not sent.
    pub(super) fn unsent(&self) -> usize {
        self.slots.iter().filter(|slot| !slot.sent).count()
    }

    /// What was sent and is not acknowledged is sent again: each device counts it.
    pub(super) fn count_again(&self) {
        let sent = self.slots.iter().filter(|slot| slot.sent);
        sent.for_each(|slot| slot.entry.origin.traffic.retried.add(1));
    }

    /// Forgets what was sent: everything is unsent again. Returns how many entries had been sent.
    pub(super) fn rewind(&mut self) -> usize {
        self.count_again();
        let sent = self.slots.len() - self.unsent();
        self.slots.iter_mut().for_each(|slot| slot.sent = false);
        let entries = self.slots.iter().map(|slot| (slot.number, &slot.entry));
        self.schedule.rewind(entries.map(|(number, entry)| (number, entry.priority(), entry.is_recovered())));
        sent
    }

    /// Makes what is unsent the backlog, where there can be one. Returns how many entries that are.
    pub(super) fn begin_backlog(&mut self) -> usize {
        match self.schedule.begin_backlog() {
            true => self.unsent(),
            false => 0,
        }
    }
}

/// The entries of each device that are not stored yet, in their order: by the address of its origin.
type Unstored = HashMap<usize, VecDeque<Token>>;

/// Whether an entry may be sent: its device has a session, it does not wait for more to come, and it is stored if it
/// is to be, with all that the device said before. An alert does not wait for that.
fn may_go(slot: &Slot, unstored: &Unstored) -> bool {
    let Slot { number, entry, .. } = slot;
    let is_stored = match entry.priority() {
        Priority::Alert => {
            let unstored = unstored.get(&address(&entry.origin));
            unstored.is_none_or(|numbers| numbers.binary_search(number).is_err())
        }
        Priority::Outcome | Priority::State => *number < entry.origin.held_from(),
    };
    let waits = *number >= entry.origin.gathers_from() && entry.can_wait();
    is_stored && !waits && entry.origin.session() > 0
}

/// What became of a part of an entry.
fn lose(entry: &Entry, gone: Gone) {
    entry.origin.lost(gone);
    entry.fate.as_deref().inspect(|fate: &&Fate| fate.lose(gone));
}

fn address(origin: &Arc<Origin>) -> usize {
    Arc::as_ptr(origin) as usize
}
