//! Entries of the outbox, and presences, as messages.

use bytes::{Bytes, BytesMut};
use edge_proto::payload::{self, Mark, Presence, PresenceStatus, Stamp};
use edge_proto::topic::{self, DeviceStream, Stream};

use crate::clock::Moment;
use crate::link::{Dialect, Publish, QoS, Token};
use crate::origin::Origin;
use crate::outbox::{Body, Entry, Going, Outcome, Said};

/// How many bytes of payloads are allocated together.
const PAGE: usize = 4096;

/// Makes messages of entries. Payloads of states lie one behind the other in memory that they share: a state is
/// small, and an allocation for each would cost more than to write it.
#[derive(Debug)]
pub(super) struct Writer {
    dialect: Dialect,
    payload: Vec<u8>,
    page: BytesMut,
}

impl Writer {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, payload: Vec::new(), page: BytesMut::with_capacity(PAGE) }
    }

    /// The message that an entry is, with the session's number as it is now.
    pub(super) fn message(&mut self, token: Token, entry: &Entry, going: Going) -> Publish {
        let Going { is_late: historical, again } = going;
        let Entry { origin, body, qos, .. } = entry;
        let device = |stream| topic::device(&origin.id, stream);
        let (topic, payload) = match body {
            Body::States(states) => {
                let session = states.session().unwrap_or_else(|| origin.session());
                let stamp = Some(Stamp { session, seq: states.seq });
                let Moment { at, is_unsynced: unsynced } = states.moment;
                let dialect = self.dialect;
                let mark = |asset| {
                    dialect.mark(Mark { stamp, historical, dropped: states.dropped_of(asset), unsynced })
                };
                let name = |asset: usize| origin.model.assets[asset].name;
                self.payload.clear();
                let topic = if let [(asset, value)] = &states.values[..] {
                    payload::write_state(&mut self.payload, at, value, mark(*asset));
                    topic::asset(&origin.id, name(*asset), Stream::State)
                } else {
                    let values = states.values.iter();
                    let values = values.map(|(asset, value)| (name(*asset), &value[..], mark(*asset)));
                    payload::write_states(&mut self.payload, at, values);
                    device(DeviceStream::State)
                };
                (topic, self.written())
            }
            Body::Report(report) => {
                let Said { name, severity, description, value, .. } = &report.said;
                let session = report.session.unwrap_or_else(|| origin.session());
                let stamp = Some(Stamp { session, seq: report.seq });
                let Moment { at, is_unsynced: unsynced } = report.moment;
                let mark = self.dialect.mark(Mark { stamp, historical, dropped: 0, unsynced });
                let description = Some(&**description).filter(|text| !text.is_empty());
                self.payload.clear();
                let words = (&**name, *severity, description);
                payload::write_report(&mut self.payload, words, at, value, mark);
                let stream = if severity.is_some() { DeviceStream::Alert } else { DeviceStream::Data };
                (device(stream), self.written())
            }
            Body::Outcome(outcome) => {
                let Outcome { id, status, value, reason } = &**outcome;
                self.payload.clear();
                payload::write_outcome(&mut self.payload, id, *status, value.as_deref(), reason.as_deref());
                (device(DeviceStream::Outcome), self.written())
            }
            Body::Presence(status) => return presence(token, origin, *status),
        };
        Publish { token, topic, payload, qos: *qos, retain: false, again }
    }

    fn written(&mut self) -> Bytes {
        self.page.extend_from_slice(&self.payload);
        self.page.split().freeze()
    }
}

/// The retained message that says whether a device is there.
pub(super) fn presence(token: Token, origin: &Origin, status: PresenceStatus) -> Publish {
    Publish {
        token,
        topic: topic::device(&origin.id, DeviceStream::Presence),
        payload: presence_payload(origin, status),
        qos: QoS::AtLeastOnce,
        retain: true,
        again: false,
    }
}

fn presence_payload(origin: &Origin, status: PresenceStatus) -> Bytes {
    let via = origin.via.as_ref().map(ToString::to_string);
    payload::to_json(&Presence { status, session: origin.session(), via }).into()
}
