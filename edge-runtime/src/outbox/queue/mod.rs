//! What waits, what is held back, and what is dropped when there is no room. No I/O, and the clock is a parameter.

mod bar;
mod drop;
mod effects;
mod gather;
mod keep;
mod send;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;

use tokio::time::Instant;

use self::bar::Topic;
pub(super) use self::effects::{Effects, Lost};
use super::barred::Barred;
use super::batch::Batches;
use super::entry::{Body, Entry, Scope, States, value_bytes};
use super::lanes::Lanes;
use super::order::{Order, Schedule};
use super::slots::{Going, Slot, Slots};
use super::store::Store;
use super::turns::Turns;
use super::{Capacity, Fate};
use crate::failures::ErrorCause;
use crate::link::Token;
use crate::origin::Origin;

/// So many entries that will never be acknowledged are remembered, for those who hold their receipts.
const FORGOTTEN: usize = 65_536;

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
    /// Topics on which the broker takes nothing.
    pub(super) barred: Barred<Topic>,
    /// Will never be acknowledged.
    forgotten: BTreeSet<Token>,
    bytes: usize,
    is_online: bool,
    /// Whoever sends has found nothing that may go, and is to be told when more comes.
    pub(super) is_awaited: bool,
    /// More may go, or there is less to wait for, and the link has not been told.
    pub(super) is_news: bool,
    pub(super) closed: bool,
    /// Woken when there is room again.
    pub(super) want_room: Turns,
    /// Woken when the entry of that number is acknowledged, or gone.
    pub(super) want_ack: BTreeMap<Token, Vec<Waker>>,
    pub(super) effects: Effects,
    /// As those, and by far the most frequent: nothing of some device's waits any more, or less of one that leaves.
    pub(super) drained: bool,
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

    /// An entry that goes, and how.
    pub(super) fn going(&self, number: Token, is_late: bool) -> Option<(&Entry, Going)> {
        self.slots.get(number).map(|slot| (&slot.entry, slot.going(is_late)))
    }

    /// An entry that is not acknowledged.
    pub(super) fn entry(&self, number: Token) -> Option<&Entry> {
        self.slots.get(number).map(|slot| &slot.entry)
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

    /// Takes an entry in, or what the rules of its assets leave of it.
    /// `store`: gives it a row there.
    pub(super) fn push(
        &mut self,
        mut entry: Entry,
        capacity: Capacity,
        store: Option<&Store>,
        now: impl FnOnce() -> Instant,
    ) -> Option<Token> {
        if !entry.demands.is_bounded {
            return self.enter(entry, capacity, store, now, |_, _, _| false);
        }
        let bounded = self.bounded(&entry);
        let is_kept = store.is_some() || entry.is_kept();
        for &asset in &bounded {
            if !self.make_room(&entry.origin, asset, capacity, is_kept) {
                self.refuse(&mut entry, asset);
            }
        }
        self.enter(entry, capacity, store, now, |queue, entry, number| {
            bounded.iter().for_each(|&asset| queue.enter_lane(entry, asset, number));
            bounded.iter().any(|&asset| queue.is_lane_full(&entry.origin, asset))
        })
    }

    /// Takes in what is left of an entry. `enter_lanes` enters it in the lanes of its bounded assets, and says whether one of
    /// them is full now.
    #[inline]
    fn enter(
        &mut self,
        mut entry: Entry,
        capacity: Capacity,
        store: Option<&Store>,
        now: impl FnOnce() -> Instant,
        enter_lanes: impl FnOnce(&mut Self, &Entry, Token) -> bool,
    ) -> Option<Token> {
        if entry.states().is_some_and(|states| states.values.is_empty()) {
            return None;
        }
        if let Some(store) = store {
            entry.rest_mut().row.get_or_insert_with(|| store.take_row());
        }
        self.tell_dropped(&mut entry);
        entry.origin.accepted();
        self.bytes += entry.bytes();
        let (number, is_recovered) = (self.slots.end(), entry.is_recovered());
        self.schedule.add(number, entry.priority(), is_recovered);
        if entry.row().is_some() && !is_recovered {
            let unstored = self.unstored.entry(address(&entry.origin)).or_default();
            unstored.push_back(number);
            entry.origin.hold_from(unstored[0]);
        }
        let is_lane_full = enter_lanes(self, &entry, number);
        let has_waited = self.batches.add(number, &entry, now);
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

    /// Takes out an entry that has arrived.
    pub(super) fn arrived(&mut self, number: Token) -> Option<Entry> {
        self.take(number).inspect(|entry| self.effects.told(entry))
    }

    /// Takes an entry out.
    pub(super) fn take(&mut self, number: Token) -> Option<Entry> {
        let Slot { entry, sent, .. } = self.slots.take(number)?;
        if !sent {
            self.schedule.remove(number, entry.priority());
        }
        self.bytes -= entry.bytes();
        entry.origin.left();
        self.drained |= entry.origin.pending() == 0 || entry.origin.is_leaving();
        let ruled = entry.ruled().iter().filter(|_| entry.demands.is_bounded);
        for (asset, value) in ruled.filter(|(asset, _)| entry.asset(*asset).rules.is_bounded()) {
            self.lanes.remove(&entry.origin, *asset, number, value_bytes(value));
        }
        if let Some(row) = entry.row() {
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
            let Some(fate) = self.withdraw(number).and_then(|entry| entry.fate().cloned()) else { continue };
            let oldest = whole.get_or_insert_with(|| Arc::clone(&fate));
            if !Arc::ptr_eq(oldest, &fate) {
                fate.follow(oldest);
            }
        }
        whole.unwrap_or_default()
    }

    /// Takes an entry out that will not be sent. What it would have told of others, the next one tells.
    pub(super) fn withdraw(&mut self, number: Token) -> Option<Entry> {
        let mut entry = self.take(number)?;
        let untold = entry.states_mut().map(States::take_dropped);
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
            self.drained = true;
        }
    }

    /// Takes all entries of a device out, and gives their numbers.
    pub(super) fn take_all(&mut self, origin: &Arc<Origin>) -> Vec<(Token, Entry)> {
        let of_device = self.slots.iter().filter(|slot| Arc::ptr_eq(&slot.entry.origin, origin));
        let numbers: Vec<Token> = of_device.map(|slot| slot.number).collect();
        self.unstored.remove(&address(origin));
        origin.hold_from(Token::MAX);
        self.batches.set(origin, None);
        let taken = numbers.into_iter().filter_map(|number| Some((number, self.take(number)?))).collect();
        self.lanes.forget(origin);
        self.unbar(origin);
        // Setters of the device wait for nothing any more.
        self.effects.woken.extend(self.want_room.take());
        taken
    }
}

/// The entries of each device that are not stored yet, in their order: by the address of its origin.
type Unstored = HashMap<usize, VecDeque<Token>>;

fn address(origin: &Arc<Origin>) -> usize {
    Arc::as_ptr(origin) as usize
}
