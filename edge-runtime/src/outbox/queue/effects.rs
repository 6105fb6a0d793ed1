//! What follows for others from a change of the queue.

use std::sync::Arc;
use std::task::Waker;

use jiff::Timestamp;

use crate::failures::{ErrorCause, Sending};
use crate::model::Retention;
use crate::origin::{Gone, Origin};
use crate::outbox::entry::{Entry, States};
use crate::outbox::store::Row;
use crate::value::codec::Json;

/// A state that will not be delivered. What is made of it is made when the queue is unlocked.
#[derive(Debug)]
pub(in crate::outbox) struct Lost {
    origin: Arc<Origin>,
    at: Timestamp,
    state: (usize, Json),
    gone: Gone,
}

impl Lost {
    pub(in crate::outbox) fn tell(self) {
        let Self { origin, at, state, gone } = self;
        origin.failed(Sending::states(origin.model, at, &[state]), gone.into());
    }
}

/// What is to be done when the queue is unlocked.
#[derive(Debug, Default)]
pub(in crate::outbox) struct Effects {
    pub(in crate::outbox) woken: Vec<Waker>,
    /// What the store need not keep any longer.
    pub(in crate::outbox) done: Vec<Row>,
    /// How many states were dropped, and how many have expired.
    pub(in crate::outbox) dropped: usize,
    pub(in crate::outbox) expired: usize,
    /// States that will not be delivered, where somebody wants to hear of it.
    pub(in crate::outbox) lost: Vec<Lost>,
    /// The same of whole entries.
    pub(in crate::outbox) failed: Vec<(Arc<Origin>, Sending, ErrorCause)>,
    /// By how many more, or less, states of an asset were dropped than messages have told that were acknowledged: for
    /// the store.
    pub(in crate::outbox) untold: Vec<(Arc<Origin>, usize, i64)>,
}

impl Effects {
    pub(in crate::outbox) fn is_empty(&self) -> bool {
        self.woken.is_empty()
            && self.done.is_empty()
            && self.lost.is_empty()
            && self.failed.is_empty()
            && self.untold.is_empty()
            && self.dropped + self.expired == 0
    }

    /// A state of an entry is gone, which a later message is to tell.
    pub(super) fn lost(&mut self, entry: &Entry, at: Timestamp, state: (usize, Json), gone: Gone) {
        if entry.asset(state.0).rules.retention == Retention::Stored {
            self.untold.push((Arc::clone(&entry.origin), state.0, 1));
        }
        match gone {
            Gone::Dropped => self.dropped += 1,
            Gone::Expired => self.expired += 1,
        }
        if entry.origin.failures.is_heard() {
            self.lost.push(Lost { origin: Arc::clone(&entry.origin), at, state, gone });
        }
    }

    /// What a message tells of states that were dropped has arrived.
    pub(super) fn told(&mut self, entry: &Entry) {
        let told = entry.states().map_or(&[][..], States::dropped);
        let told = told.iter().map(|(asset, count)| (*asset, 0_i64.saturating_sub_unsigned(*count)));
        self.untold.extend(told.map(|(asset, less)| (Arc::clone(&entry.origin), asset, less)));
    }

    /// An entry will not be delivered.
    pub(in crate::outbox) fn fail(&mut self, entry: &Entry, cause: ErrorCause) {
        if entry.origin.failures.is_heard()
            && let Some(sending) = entry.sending()
        {
            self.failed.push((Arc::clone(&entry.origin), sending, cause));
        }
    }
}
