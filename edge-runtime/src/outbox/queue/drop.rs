//! What does not come in, or goes again: because there is no room, no connection, or because it is too old.

use std::cmp::Reverse;
use std::sync::Arc;

use tokio::time::Instant;

use super::Queue;
use crate::link::Token;
use crate::model::Overflow;
use crate::origin::{Gone, Origin};
use crate::outbox::Capacity;
use crate::outbox::entry::{Entry, value_bytes};

/// So many deadlines of what is gone are no harm.
const FEW: usize = 1024;

impl Queue {
    /// A state does not come in.
    pub(super) fn refuse(&mut self, entry: &mut Entry, asset: usize) {
        let Some(states) = entry.states_mut() else { return };
        let Some(index) = states.values.iter().position(|(index, _)| *index == asset) else { return };
        let (at, state) = (states.moment.at, states.values.remove(index));
        lose(entry, Gone::Dropped);
        self.effects.lost(entry, at, state, Gone::Dropped);
        self.lanes.owe(&entry.origin, asset, 1);
    }

    /// Whether a state of the asset may come in; room is made for it where the asset's rules say so.
    pub(super) fn make_room(
        &mut self,
        origin: &Arc<Origin>,
        asset: usize,
        capacity: Capacity,
        is_kept: bool,
    ) -> bool {
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

    /// Drops the oldest state of the asset that is not on its way.
    pub(super) fn drop_oldest(&mut self, origin: &Arc<Origin>, asset: usize) -> bool {
        self.oldest(origin, asset).is_some_and(|number| {
            self.drop_state(number, asset, Gone::Dropped);
            true
        })
    }

    /// The oldest entry with a state of the asset that is not on its way.
    pub(super) fn oldest(&self, origin: &Arc<Origin>, asset: usize) -> Option<Token> {
        let is_unsent = |number: &Token| self.slots.get(*number).is_some_and(|slot| !slot.sent);
        self.lanes.get(origin, asset)?.numbers.iter().copied().find(is_unsent)
    }

    /// Drops a state of an entry; with its last one goes the entry.
    pub(super) fn drop_state(&mut self, number: Token, asset: usize, gone: Gone) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        let entry = &mut slot.entry;
        let Some(states) = entry.states_mut() else { return };
        let Some(index) = states.values.iter().position(|(index, _)| *index == asset) else { return };
        let (at, state) = (states.moment.at, states.values.remove(index));
        let untold = 1 + states.dropped_of(asset);
        states.unmark_dropped(asset);
        let (is_empty, is_one) = (states.values.is_empty(), states.values.len() == 1);
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
        // It is for its asset's topic now, and may have waited for that of several.
        if is_one && self.barred.len() > 0 {
            self.release();
        }
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

    /// So many states of an asset were dropped that nothing has told of.
    pub(in crate::outbox) fn owe(&mut self, origin: &Arc<Origin>, asset: usize, count: u64) {
        self.lanes.owe(origin, asset, count);
    }

    /// The message tells how many were dropped before it.
    #[inline]
    pub(super) fn tell_dropped(&mut self, entry: &mut Entry) {
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

    /// Drops what has expired and is not on its way. Returns when there is more to do.
    pub(in crate::outbox) fn expire(&mut self, now: Instant) -> Option<Instant> {
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

    /// The clock is asked only where something expires.
    pub(super) fn expire_now(&mut self, number: Token, now: impl Fn() -> Instant) {
        let Some(entry) = self.entry(number).filter(|entry| entry.demands.can_drop) else { return };
        let is_expired = |asset: &usize| {
            let expiry = entry.asset(*asset).rules.expiry;
            let since = entry.since().zip(expiry);
            since.is_some_and(|(since, expiry)| now().saturating_duration_since(since) >= expiry)
        };
        let expired: Vec<usize> = entry.ruled().iter().map(|(asset, _)| *asset).filter(is_expired).collect();
        expired.into_iter().for_each(|asset| self.drop_state(number, asset, Gone::Expired));
    }

    /// There is no connection any more: what is to be kept nowhere goes.
    pub(super) fn discard(&mut self) {
        let slots = self.slots.iter().filter(|slot| !slot.sent && !slot.entry.is_kept());
        let discarded = slots.flat_map(|slot| {
            let assets = slot.entry.ruled().iter().map(|(asset, _)| *asset);
            assets.map(|asset| (slot.number, asset))
        });
        for (number, asset) in discarded.collect::<Vec<_>>() {
            self.drop_state(number, asset, Gone::Dropped);
        }
    }

    pub(super) fn enter_lane(&mut self, entry: &Entry, asset: usize, number: Token) {
        let Some(states) = entry.states() else { return };
        let Some((_, value)) = states.values.iter().find(|(index, _)| *index == asset) else { return };
        self.lanes.add(&entry.origin, asset, number, value_bytes(value));
        if let Some(expiry) = entry.asset(asset).rules.expiry
            && let Some(deadline) = entry.since().and_then(|since| since.checked_add(expiry))
        {
            self.deadlines.push(Reverse((deadline, number, asset)));
            if self.deadlines.len() > FEW && self.deadlines.len() > 8 * self.slots.len() {
                self.deadlines.retain(|Reverse((_, number, _))| self.slots.get(*number).is_some());
            }
        }
    }

    pub(super) fn bounded(&self, entry: &Entry) -> Vec<usize> {
        let is_bounded = |&asset: &usize| entry.asset(asset).rules.is_bounded();
        entry.ruled().iter().map(|(asset, _)| *asset).filter(is_bounded).collect()
    }
}

/// What became of a part of an entry.
fn lose(entry: &Entry, gone: Gone) {
    entry.origin.lost(gone);
    entry.fate().inspect(|fate| fate.lose(gone));
}
