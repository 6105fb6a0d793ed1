//! What waits because the broker takes nothing on its topic.

use std::sync::Arc;

use tokio::time::Instant;

use super::send::may_go;
use super::{Queue, address};
use crate::link::Token;
use crate::origin::Origin;
use crate::outbox::entry::{Body, Entry};

/// A topic of a device: by the address of its origin, which is forgotten here when it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::outbox) struct Topic {
    origin: usize,
    what: What,
}

/// What is said on a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// States of one asset.
    Asset(usize),
    /// States of several, and how all is.
    States,
    Alerts,
    Data,
    Outcomes,
}

impl Topic {
    /// The topic on which an entry is said. A presence cannot wait: a device whose presence the broker does not take has no
    /// session that it could speak in.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let what = match &entry.body {
            Body::States(states) => match &states.values[..] {
                [(asset, _)] => What::Asset(*asset),
                _ => What::States,
            },
            Body::Report(report) if report.said.severity.is_some() => What::Alerts,
            Body::Report(_) => What::Data,
            Body::Outcome(_) => What::Outcomes,
            Body::Presence(_) => return None,
        };
        Some(Self { origin: address(&entry.origin), what })
    }
}

impl Queue {
    /// The oldest entry that was sent and is not acknowledged.
    pub(in crate::outbox) fn oldest_sent(&self) -> Option<Token> {
        self.slots.iter().find(|slot| slot.sent).map(|slot| slot.number)
    }

    /// The broker takes nothing on the topic of this entry: it and what comes behind it waits. Returns it, unless
    /// it is one that cannot wait.
    pub(in crate::outbox) fn bar(&mut self, number: Token, now: Instant) -> Option<&Entry> {
        let entry = &self.slots.get(number)?.entry;
        if self.barred.bar(Topic::of(entry)?, now) {
            entry.origin.bar();
        }
        Some(entry)
    }

    /// The number of the entry that is tried now, alone, and whether it comes late.
    pub(in crate::outbox) fn next_trial(&mut self, now: Instant) -> Option<(Token, bool)> {
        while let Some(topic) = self.barred.next() {
            let Some(number) = self.first_of(topic) else {
                self.barred.pass_over(topic, now);
                continue;
            };
            self.expire_now(number, || now);
            // What is left of it may be for another topic.
            let Some(slot) = self.slots.get_mut(number) else { continue };
            if Topic::of(&slot.entry) != Some(topic) {
                continue;
            }
            slot.sent = true;
            self.schedule.remove(number, slot.entry.priority());
            self.barred.begin(topic, number);
            return Some((number, self.schedule.knows_late() && !slot.entry.is_whole()));
        }
        None
    }

    /// The first entry of a topic that might go if its topic were not barred.
    fn first_of(&self, topic: Topic) -> Option<Token> {
        let mut slots = self.slots.iter().filter(|slot| !slot.sent && Topic::of(&slot.entry) == Some(topic));
        slots.find(|slot| may_go(slot, &self.unstored)).map(|slot| slot.number)
    }

    /// The entry that was tried is about to be acknowledged: its topic is barred no longer. What has waited for that is late.
    /// Returns whose it is.
    pub(in crate::outbox) fn passed(&mut self, number: Token, now: Instant) -> Option<Arc<Origin>> {
        let topic = self.barred.passed(number, now)?;
        let Self { schedule, slots, .. } = self;
        schedule.make_late(|number| {
            let entry = slots.get(number).map(|slot| &slot.entry);
            entry.is_some_and(|entry| Topic::of(entry) == Some(topic) && !entry.is_whole())
        });
        self.release();
        let origin = Arc::clone(&self.entry(number)?.origin);
        origin.unbar();
        Some(origin)
    }

    /// A device is gone.
    pub(super) fn unbar(&mut self, origin: &Arc<Origin>) {
        let address = address(origin);
        self.barred.forget(|topic| topic.origin == address);
        origin.unbar_all();
    }
}
