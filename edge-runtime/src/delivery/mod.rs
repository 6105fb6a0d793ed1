//! Outbox to link to acknowledgements, and received commands to their devices: the [`Driver`] of a
//! connection. A state machine without waiting; the link calls it.

mod acks;
mod message;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use edge_proto::payload::PresenceStatus;
use edge_proto::topic;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use acks::{AckGuard, Acks};

use crate::backoff::{Backoff, LONGEST};
use crate::cause::chain;
use crate::hub::{Hub, Move, Status};
use crate::link::{Driver, LinkError, Received, Request, Token};
use crate::origin::{Origin, Standing};

/// How many messages may be on their way without acknowledgement.
const WINDOW: usize = 256;
/// How many devices one SUBSCRIBE is for: brokers do not like long ones.
const SUBSCRIBED_AT_ONCE: usize = 64;
/// Marks messages that are no entries of the outbox: presences, made anew for every connection.
const NO_ENTRY: Token = Token::MAX;

/// What is to be said before anything from the outbox.
enum First {
    Subscribe(Vec<Arc<Origin>>),
    Unsubscribe(Arc<Origin>),
    Online(Arc<Origin>),
}

/// Drives one link for the devices of one hub.
pub(crate) struct Delivery {
    hub: Arc<Hub>,
    first: VecDeque<First>,
    /// Asked for on this connection and not answered yet.
    subscribing: HashMap<Token, Vec<Arc<Origin>>>,
    subscriptions: Token,
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
            subscribing: HashMap::new(),
            subscriptions: 0,
            in_flight: 0,
            backoff: Backoff::default(),
            since: None,
            was_connected: false,
            saying_goodbye: false,
        }
    }

    /// Devices come and go while the connection lasts.
    fn take_moves(&mut self) {
        for change in self.hub.moves() {
            match change {
                Move::Joined(origin) => self.welcome(vec![origin]),
                Move::Left(origin) => self.first.push_back(First::Unsubscribe(origin)),
            }
        }
    }

    fn welcome(&mut self, origins: Vec<Arc<Origin>>) {
        self.first.push_back(First::Subscribe(origins.clone()));
        self.first.extend(origins.into_iter().map(First::Online));
    }

    fn next_first(&mut self) -> Option<Request> {
        Some(match self.first.pop_front()? {
            First::Subscribe(origins) => {
                let filters = origins.iter().flat_map(|origin| topic::command_filters(&origin.id)).collect();
                self.subscriptions += 1;
                self.subscribing.insert(self.subscriptions, origins);
                Request::Subscribe(self.subscriptions, filters)
            }
            First::Unsubscribe(origin) => Request::Unsubscribe(topic::command_filters(&origin.id).into()),
            First::Online(origin) => {
                self.in_flight += 1;
                Request::Publish(message::presence(NO_ENTRY, &origin, PresenceStatus::Online))
            }
        })
    }

    fn next_entry(&mut self) -> Option<Request> {
        let message = self.hub.outbox.send_next(message::of_entry)?;
        self.in_flight += 1;
        Some(Request::Publish(message))
    }

    fn next_message(&mut self) -> Option<Request> {
        if self.in_flight >= WINDOW {
            return None;
        }
        self.next_first().or_else(|| self.next_entry())
    }

    /// When all is delivered and the hub closes.
    fn next_goodbye(&mut self) -> Option<Request> {
        if self.saying_goodbye || !self.hub.is_closing() || self.hub.outbox.pending() > 0 {
            return None;
        }
        self.saying_goodbye = true;
        Some(Request::Disconnect)
    }
}

impl Driver for Delivery {
    fn ready(&self) -> Arc<Notify> {
        Arc::clone(&self.hub.outbox.ready)
    }

    fn next(&mut self) -> Option<Request> {
        self.take_moves();
        let acknowledge = self.hub.acks.next().map(Request::Acknowledge);
        acknowledge.or_else(|| self.next_message()).or_else(|| self.next_goodbye())
    }

    fn connected(&mut self, resumed: bool) {
        self.since = Some(Instant::now());
        self.first.clear();
        self.subscribing.clear();
        // Who joined before is among the members; the subscriptions of who left are not made again.
        drop(self.hub.moves());
        let members: Vec<_> = self.hub.origins().into_iter().filter(|origin| !origin.is_leaving()).collect();
        members.chunks(SUBSCRIBED_AT_ONCE).for_each(|some| self.welcome(some.to_vec()));
        let reconnected = std::mem::replace(&mut self.was_connected, true);
        if !resumed {
            self.in_flight = 0;
            if reconnected {
                // The broker may have lost what it had acknowledged: say again how things are.
                members.iter().for_each(|origin| self.hub.ask_to_announce(origin));
            }
            let again = self.hub.outbox.rewind();
            if again > 0 {
                tracing::info!(
                    messages = again,
                    "the session is new: sending again what was not acknowledged"
                );
            }
        }
        self.hub.set_status(Status::Online);
    }

    fn subscribed(&mut self, token: Token, refused: Vec<(usize, LinkError)>) {
        let Some(origins) = self.subscribing.remove(&token) else { return };
        // Every device has the same number of filters, one after the other.
        let filters = topic::COMMAND_FILTERS;
        let mut refused: HashMap<usize, LinkError> =
            refused.into_iter().map(|(filter, error)| (filter / filters, error)).collect();
        for (index, origin) in origins.into_iter().enumerate() {
            origin.set_standing(match refused.remove(&index) {
                None => Standing::Online,
                Some(error) => {
                    tracing::error!(device = %origin.id, error = chain(&error), "commands will not arrive");
                    Standing::Refused(Arc::new(error))
                }
            });
        }
        self.hub.tell();
    }

    fn acknowledged(&mut self, token: Token) {
        if token == NO_ENTRY || self.hub.outbox.acknowledge(token) {
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
        self.hub.origins().iter().for_each(|origin| origin.set_standing(Standing::Waiting));
        self.hub.set_status(Status::Offline(Arc::new(error)));
        delay
    }
}
