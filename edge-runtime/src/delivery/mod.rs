//! Outbox to link to acknowledgements, and received commands to their devices: the [`Driver`] of a
//! connection. A state machine without waiting; the link calls it.

mod acks;
mod message;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edge_proto::payload::{self, Presence, PresenceStatus};
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use acks::{AckGuard, Acks};

use crate::backoff::{Backoff, LONGEST};
use crate::cause::chain;
use crate::hub::{Hub, Status};
use crate::link::{Driver, LinkError, Publish, QoS, Received, Request, Token};
use crate::origin::Origin;

/// How many messages may be on their way without acknowledgement.
const WINDOW: usize = 256;
/// Marks messages that are no entries of the outbox: presence, made anew for every connection.
const NO_ENTRY: Token = Token::MAX;

/// Drives one link for the devices of one hub.
pub(crate) struct Delivery {
    hub: Arc<Hub>,
    /// To be sent before anything from the outbox.
    first: VecDeque<Request>,
    in_flight: usize,
    backoff: Backoff,
    since: Option<Instant>,
    was_connected: bool,
    saying_goodbye: bool,
}

impl Delivery {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self {
            hub,
            first: VecDeque::new(),
            in_flight: 0,
            backoff: Backoff::default(),
            since: None,
            was_connected: false,
            saying_goodbye: false,
        }
    }

    fn next_entry(&mut self) -> Option<Request> {
        if self.in_flight >= WINDOW {
            return None;
        }
        let message = self.hub.outbox.send_next(message::of_entry)?;
        self.in_flight += 1;
        Some(Request::Publish(message))
    }

    /// When all is delivered and the hub closes: the last words.
    fn next_goodbye(&mut self) -> Option<Request> {
        if self.saying_goodbye || !self.hub.is_closing() || self.hub.outbox.pending() > 0 {
            return None;
        }
        self.saying_goodbye = true;
        let offline = self.hub.origins().into_iter().map(|origin| presence(&origin, PresenceStatus::Offline));
        self.first.extend(offline);
        self.first.push_back(Request::Disconnect);
        self.first.pop_front()
    }
}

impl Driver for Delivery {
    fn ready(&self) -> Arc<Notify> {
        Arc::clone(&self.hub.outbox.ready)
    }

    fn next(&mut self) -> Option<Request> {
        self.first
            .pop_front()
            .or_else(|| self.hub.acks.next().map(Request::Acknowledge))
            .or_else(|| self.next_entry())
            .or_else(|| self.next_goodbye())
    }

    fn connected(&mut self, resumed: bool) {
        self.since = Some(Instant::now());
        self.first.clear();
        self.first.push_back(Request::Subscribe(self.hub.filters()));
        let online = self.hub.origins().into_iter().map(|origin| presence(&origin, PresenceStatus::Online));
        self.first.extend(online);
        let reconnected = std::mem::replace(&mut self.was_connected, true);
        if !resumed {
            if reconnected {
                // The broker may have lost what it had acknowledged: say again how things are.
                self.hub.origins().iter().for_each(|origin| origin.announce.notify_one());
            }
            let again = self.hub.outbox.rewind();
            self.in_flight = 0;
            if again > 0 {
                tracing::info!(
                    messages = again,
                    "the session is new: sending again what was not acknowledged"
                );
            }
        }
    }

    fn subscribed(&mut self) {
        self.hub.set_status(Status::Online);
    }

    fn acknowledged(&mut self, token: Token) {
        if token != NO_ENTRY && self.hub.outbox.acknowledge(token) {
            self.in_flight = self.in_flight.saturating_sub(1);
        }
    }

    fn received(&mut self, message: Received) {
        self.hub.receive(message);
    }

    fn lost(&mut self, error: LinkError) -> Duration {
        self.hub.acks.clear();
        if let Some(since) = self.since.take() {
            self.backoff.lasted(since.elapsed());
        }
        let delay = if error.is_retryable() { self.backoff.next(fastrand::f64()) } else { LONGEST };
        tracing::warn!(error = chain(&error), ?delay, "not connected");
        self.hub.set_status(Status::Offline(Arc::new(error)));
        delay
    }
}

fn presence(origin: &Origin, status: PresenceStatus) -> Request {
    Request::Publish(Publish {
        token: NO_ENTRY,
        topic: Arc::clone(&origin.presence),
        payload: presence_payload(origin, status),
        qos: QoS::AtLeastOnce,
        retain: true,
    })
}

/// The retained message of a device's presence, also as its will.
pub(crate) fn presence_payload(origin: &Origin, status: PresenceStatus) -> Bytes {
    payload::to_json(&Presence { status, session: origin.session() }).into()
}
