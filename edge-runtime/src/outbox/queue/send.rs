//! What is sent, and what may be.

use tokio::time::Instant;

use super::bar::Topic;
use super::{Queue, Unstored, address};
use crate::link::Token;
use crate::outbox::order::Priority;
use crate::outbox::slots::Slot;

impl Queue {
    /// The number of the next entry to send, and whether it comes late.
    pub(in crate::outbox) fn next(&mut self, now: impl Fn() -> Instant) -> Option<(Token, bool)> {
        loop {
            let Self { schedule, slots, unstored, barred, .. } = self;
            let is_open = |slot: &Slot| may_go(slot, unstored) && !barred.holds(|| Topic::of(&slot.entry));
            let (number, is_backlog) = schedule.next(|number| slots.get(number).is_some_and(is_open))?;
            // It may have expired while it was on its way, or a moment ago.
            self.expire_now(number, &now);
            let Some(slot) = self.slots.get_mut(number) else { continue };
            let (priority, is_recovered) = (slot.entry.priority(), slot.entry.is_recovered());
            // What is left of it may be for another topic.
            if self.barred.holds(|| Topic::of(&slot.entry)) {
                self.schedule.hold(number, priority, is_recovered, is_backlog);
                continue;
            }
            slot.sent = true;
            return Some((number, is_backlog || is_recovered));
        }
    }

    /// What was held may go as far as its devices are open now. The others' stays where it is.
    pub(in crate::outbox) fn release(&mut self) {
        self.release_from(0);
    }

    /// As [`release`](Self::release), where nothing has changed for what has lower numbers.
    pub(in crate::outbox) fn release_from(&mut self, first: Token) {
        let Self { schedule, slots, unstored, barred, .. } = self;
        let is_open = |slot: &Slot| may_go(slot, unstored) && !barred.holds(|| Topic::of(&slot.entry));
        schedule.release_from(first, |number| slots.get(number).is_some_and(is_open));
        self.is_news = true;
    }

    /// How many entries were not sent.
    pub(in crate::outbox) fn unsent(&self) -> usize {
        self.slots.iter().filter(|slot| !slot.sent).count()
    }

    /// What was sent and is not acknowledged is sent again: each device counts it.
    pub(in crate::outbox) fn count_again(&self) {
        let sent = self.slots.iter().filter(|slot| slot.sent);
        sent.for_each(|slot| slot.entry.origin.traffic.retried.add(1));
    }

    /// Forgets what was sent: everything is unsent again. Returns how many entries had been sent.
    pub(in crate::outbox) fn rewind(&mut self) -> usize {
        self.count_again();
        let sent = self.slots.len() - self.unsent();
        self.slots.iter_mut().for_each(Slot::rewind);
        let entries = self.slots.iter().map(|slot| (slot.number, &slot.entry));
        self.schedule.rewind(entries.map(|(number, entry)| (number, entry.priority(), entry.is_recovered())));
        sent
    }

    /// Makes what is unsent the backlog, where there can be one. Returns how many entries that are.
    pub(in crate::outbox) fn begin_backlog(&mut self) -> usize {
        match self.schedule.begin_backlog() {
            true => self.unsent(),
            false => 0,
        }
    }
}

/// Whether an entry may be sent, if its topic is not barred: its device has a session, it does not wait for more to come, and it is stored if it
/// is to be, with all that the device said before. An alert does not wait for that.
pub(super) fn may_go(slot: &Slot, unstored: &Unstored) -> bool {
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
