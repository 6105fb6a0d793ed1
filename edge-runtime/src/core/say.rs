//! What a device says besides what was set: how all is, the answers to commands, last words.

use std::sync::Arc;

use edge_proto::payload::{self, PresenceStatus};
use smallvec::smallvec;

use super::apply::size;
use super::{Core, Encoded};
use crate::clock::Moment;
use crate::failures::{ErrorCause, Sending};
use crate::metrics::Lost;
use crate::outbox::{Body, Entry, Outcome, Scope, States};

impl Core {
    pub(super) fn entry(&self, body: Body) -> Entry {
        Entry::new(&self.origin, body)
    }

    /// New states as one message.
    #[inline]
    pub(super) fn changed(&self, moment: Moment, seq: u64, values: Encoded) -> Entry {
        let required = self.tables.required(&values);
        Entry::with(&self.origin, states(moment, seq, Scope::Changed, values), required)
    }

    /// Puts the whole state into the outbox: one message, or as few as the limit allows. Never waits
    /// for room: whoever calls it does so now and then.
    pub(crate) fn publish_all(&self) {
        if self.origin.is_leaving() {
            return;
        }
        let mut state = self.change();
        let mut messages: Vec<Encoded> = vec![Encoded::new()];
        for entry in state.encoded.iter().cloned().enumerate() {
            let last = messages.last_mut().expect("there is always one");
            if size(last) + size(std::slice::from_ref(&entry)) > payload::MAX_BYTES {
                messages.push(smallvec![entry]);
            } else {
                last.push(entry);
            }
        }
        let now = self.hub.clock.now();
        let mut entry = |message| {
            state.seq += 1;
            self.entry(states(now, state.seq, Scope::Whole, message))
        };
        let entries = messages.into_iter().filter(|message| !message.is_empty()).map(&mut entry);
        let entries: Vec<_> = entries.collect();
        let accepted = self.hub.outbox.push_whole(&self.origin, entries);
        self.told_all(&mut state, accepted);
    }

    /// Puts the answer to a command into the outbox. Not when there are far too many already: who sends commands without end
    /// and takes no answers has none of them. Nor where there are no words for it.
    pub(crate) fn answer(&self, outcome: Arc<Outcome>) {
        if !self.hub.dialect().has_outcomes() {
            return;
        }
        if self.hub.outbox.swamped().is_some() {
            tracing::error!(device = %self.origin.id, id = outcome.id, "too many answers wait: this one is dropped");
            self.hub.metrics.dropped(Lost::Full, 1);
            let sending = Sending::Outcome { id: outcome.id.clone(), status: outcome.status };
            return self.origin.failed(sending, ErrorCause::Dropped);
        }
        self.say(Body::Outcome(outcome));
    }

    /// Puts the last words into the outbox.
    pub(crate) fn say_goodbye(&self) {
        self.say(Body::Presence(PresenceStatus::Offline));
    }

    /// Says what is no state, where there are words for it.
    fn say(&self, body: Body) {
        if self.hub.dialect().is_native() {
            // As a state is given to it: the same code does both, and is at hand for the state that a command has led to.
            self.hub.outbox.push([self.entry(body)]);
        }
    }
}

#[inline]
fn states(moment: Moment, seq: u64, scope: Scope, values: Encoded) -> Body {
    Body::States(States::new(moment, seq, scope, values))
}
