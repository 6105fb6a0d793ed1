//! Entries of the outbox, and presences, as messages.

use bytes::Bytes;
use edge_proto::payload::{self, Presence, PresenceStatus};
use edge_proto::topic::{self, DeviceStream, Stream};

use crate::link::{Dialect, Publish, QoS, Token};
use crate::origin::Origin;
use crate::outbox::{Body, Entry};

/// The message that an entry is, with the session's number as it is now. `historical`: it comes late.
pub(super) fn of_entry(dialect: Dialect, token: Token, entry: &Entry, historical: bool) -> Publish {
    let Entry { origin, body, qos, .. } = entry;
    let device = |stream| topic::device(&origin.id, stream);
    let mut payload = Vec::with_capacity(128);
    let topic = match body {
        Body::States(states) => {
            let session = states.session.unwrap_or_else(|| origin.session());
            let mark = |asset| dialect.mark(session, states.seq, historical, states.dropped_of(asset));
            let name = |asset: usize| origin.model.assets[asset].name;
            if let [(asset, value)] = &states.values[..] {
                payload::write_state(&mut payload, states.at, value, mark(*asset));
                topic::asset(&origin.id, name(*asset), Stream::State)
            } else {
                let values =
                    states.values.iter().map(|(asset, value)| (name(*asset), &value[..], mark(*asset)));
                payload::write_states(&mut payload, states.at, values);
                device(DeviceStream::State)
            }
        }
        Body::Outcome(outcome) => {
            payload = payload::to_json(outcome);
            device(DeviceStream::Outcome)
        }
        Body::Presence(status) => return presence(token, origin, *status),
    };
    Publish { token, topic, payload: payload.into(), qos: *qos, retain: false }
}

/// The retained message that says whether a device is there.
pub(super) fn presence(token: Token, origin: &Origin, status: PresenceStatus) -> Publish {
    Publish {
        token,
        topic: topic::device(&origin.id, DeviceStream::Presence),
        payload: presence_payload(origin, status),
        qos: QoS::AtLeastOnce,
        retain: true,
    }
}

fn presence_payload(origin: &Origin, status: PresenceStatus) -> Bytes {
    let via = origin.via.as_ref().map(ToString::to_string);
    payload::to_json(&Presence { status, session: origin.session(), via }).into()
}
