//! Entries of the outbox as messages.

use std::sync::Arc;

use edge_proto::payload::{self, Stamp};

use crate::link::{Publish, Token};
use crate::outbox::{Body, Entry};

/// The message that an entry is, with the session's number as it is now.
pub(super) fn of_entry(token: Token, entry: &Entry) -> Publish {
    let Entry { origin, body, qos } = entry;
    let mut payload = Vec::with_capacity(128);
    let topic = match body {
        Body::States { at, seq, values } => {
            let stamp = Stamp { session: origin.session(), seq: *seq };
            if let [(asset, value)] = &values[..] {
                payload::write_state(&mut payload, *at, value, stamp);
                &origin.topics[*asset]
            } else {
                let states = values.iter().map(|(asset, value)| (origin.names[*asset], &value[..]));
                payload::write_states(&mut payload, *at, states, stamp);
                &origin.states
            }
        }
        Body::Outcome(outcome) => {
            payload = payload::to_json(outcome);
            &origin.outcome
        }
    };
    Publish { token, topic: Arc::clone(topic), payload: payload.into(), qos: *qos, retain: false }
}
