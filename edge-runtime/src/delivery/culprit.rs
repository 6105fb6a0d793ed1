//! What is done about messages for which the broker ends the connection: one after the other goes alone until it is known
//! which it is, its topic is barred, and now and then one of the topic is tried.

use std::sync::Arc;

use tokio::time::Instant;

use super::Delivery;
use crate::backoff::{Backoff, STABLE};
use crate::failures::ErrorCause;
use crate::link::{LinkError, QoS, Request, Token};
use crate::outbox::Going;

/// Stands for messages whose entries are gone, and is no entry's number.
const GONE: Token = Token::MAX;

impl Delivery {
    /// Whether it is to be known what the broker says to each message.
    pub(super) fn goes_alone(&self) -> bool {
        self.suspicion.is_careful() || self.trial.is_some() || self.hub.outbox.wants_trial()
    }

    /// The next entry, when nothing else waits for its answer: subscriptions and presences end connections as well.
    pub(super) fn next_alone(&mut self) -> Option<Request> {
        if self.in_flight > 0 || !self.subscribing.is_empty() {
            return None;
        }
        if self.suspicion.is_careful() {
            if let Some(entry) = self.next_entry() {
                self.alone = alone(&entry);
                return Some(acknowledged(entry));
            }
            self.suspicion.over();
        }
        self.next_trial().or_else(|| self.next_entry())
    }

    fn next_trial(&mut self) -> Option<Request> {
        if !self.hub.outbox.wants_trial() {
            return None;
        }
        let Self { hub, writer, trial, .. } = self;
        let message = hub.outbox.send_trial(Instant::now(), |token, entry, going| {
            let message = writer.message(token, entry, going);
            entry.origin.traffic.sent.add(1);
            entry.origin.traffic.bytes_sent.add(message.payload.len());
            *trial = Some((token, message.topic.clone()));
            message
        })?;
        self.in_flight += 1;
        self.hub.metrics.published();
        Some(acknowledged(Request::Publish(message)))
    }

    /// An entry that went alone is about to be acknowledged.
    pub(super) fn passed(&mut self, token: Token) {
        if let Some((_, topic)) = self.alone.take_if(|(sent, _)| *sent == token) {
            self.suspicion.passed(&topic);
        }
        if self.since.is_some_and(|since| since.elapsed() >= STABLE) {
            self.suspicion.over();
        }
        let Some((_, topic)) = self.trial.take_if(|(tried, _)| *tried == token) else { return };
        if let Some(origin) = self.hub.outbox.passed(token, Instant::now()) {
            tracing::info!(topic, "the broker takes it again: what has waited goes");
            // What has waited says how things were.
            self.hub.ask_to_announce(&origin);
        }
    }

    /// A connection has ended: whether that was for a message, and for which.
    pub(super) fn blame(&mut self, error: LinkError) -> LinkError {
        let has_passed = std::mem::take(&mut self.has_passed);
        let is_refused = error.is_ended_by_broker();
        if let Some((_, topic)) = self.trial.take() {
            self.starts_anew = true;
            self.hub.outbox.tried(is_refused, Instant::now());
            if !is_refused {
                return error;
            }
            self.hasten(has_passed);
            return self.barred(topic);
        }
        let culprit = match is_refused {
            true => self.suspect(),
            false => {
                self.suspicion.interrupted();
                None
            }
        };
        self.alone = None;
        self.starts_anew = self.suspicion.is_careful();
        culprit.and_then(|culprit| self.bar(culprit, has_passed)).unwrap_or(error)
    }

    /// The broker has ended a connection: perhaps it is known now for which message.
    fn suspect(&mut self) -> Option<Token> {
        if !self.suspicion.is_careful() {
            // What is left in flight of a device that has gone may be it: it is forgotten when all starts anew.
            let gone = (self.in_flight > self.born.len()).then_some(GONE);
            self.suspicion.ended(self.hub.outbox.oldest_sent().or(gone));
            return None;
        }
        // With a presence or a subscription on its way, or nothing at all, it was none.
        let is_alone = self.born.is_empty() && self.subscribing.is_empty();
        let Some((token, topic)) = self.alone.take().filter(|_| is_alone) else {
            self.suspicion.interrupted();
            return None;
        };
        self.suspicion.ended_alone(&topic).then_some(token)
    }

    /// Bars the topic of a message. `None` when it is one that cannot be barred.
    fn bar(&mut self, culprit: Token, has_passed: bool) -> Option<LinkError> {
        let Self { hub, writer, .. } = self;
        let (origin, topic, sending) = hub.outbox.bar(culprit, Instant::now(), |entry| {
            let topic = writer.message(culprit, entry, Going::default()).topic;
            (Arc::clone(&entry.origin), topic, entry.sending())
        })?;
        // Somebody must look at the clock.
        hub.keep();
        let told = Arc::new(self.barred(topic.clone()));
        if let Some(sending) = sending {
            origin.failed(sending, ErrorCause::Refused(told));
        }
        self.hasten(has_passed);
        Some(self.barred(topic))
    }

    /// Where the broker takes what others say, they need not wait long because of one topic.
    fn hasten(&mut self, has_passed: bool) {
        if has_passed {
            self.backoff = Backoff::default();
        }
    }

    fn barred(&self, topic: String) -> LinkError {
        LinkError::Barred { endpoint: self.hub.endpoint(), topic }
    }
}

/// What goes, and on which topic.
fn alone(request: &Request) -> Option<(Token, String)> {
    match request {
        Request::Publish(message) => Some((message.token, message.topic.clone())),
        _ => None,
    }
}

/// With an answer: at QoS 0 nobody would say which it was.
fn acknowledged(request: Request) -> Request {
    match request {
        Request::Publish(message) => {
            Request::Publish(crate::link::Publish { qos: QoS::AtLeastOnce, ..message })
        }
        other => other,
    }
}
