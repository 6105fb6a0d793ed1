//! Outbox to link to acknowledgements, and received commands to their devices: the [`Driver`] of a
//! connection. A state machine without waiting; the link calls it.

mod acks;
mod culprit;
mod message;
mod suspicion;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use edge_proto::payload::PresenceStatus;
use edge_proto::topic;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use acks::{AckGuard, Acks};
use message::Writer;
use suspicion::Suspicion;

use crate::backoff::{Backoff, FIRST, LONGEST, STABLE};
use crate::cause::chain;
use crate::complaint::Complaint;
use crate::failures::{ErrorCause, Sending};
use crate::hub::{Hub, Move, Status};
use crate::link::{Driver, LinkError, Received, Request, Token};
use crate::listening::Channel;
use crate::origin::{Origin, Standing};

/// How many messages may be on their way without acknowledgement.
const WINDOW: usize = 256;
/// So many messages go before a command is acknowledged, if there are: what the command has led to is among them, and
/// who waits for it does not wait for the broker to read an acknowledgement first.
const PASSING: usize = 32;
/// After so many connections that ended soon, somebody else may be taking them from us.
const DISPLACED: u32 = 3;
/// How many devices one SUBSCRIBE is for: brokers do not like long ones.
const SUBSCRIBED_AT_ONCE: usize = 64;
/// From here on downwards are the numbers of messages that are no entries of the outbox: presences, made
/// anew for every session.
const FIRST_BIRTH: Token = Token::MAX;

/// What is asked of the broker before anything is said.
enum Ask {
    Subscribe(Asked),
    Unsubscribe(Vec<String>),
}

/// What a SUBSCRIBE is for.
enum Asked {
    /// The commands of devices.
    Commands(Vec<Arc<Origin>>),
    Channel(Arc<Origin>, Channel),
}

/// Drives one link for the devices of one hub.
pub(crate) struct Delivery {
    hub: Arc<Hub>,
    writer: Writer,
    asks: VecDeque<Ask>,
    /// Devices to be announced, before anything from the outbox.
    births: VecDeque<Arc<Origin>>,
    /// Announced, and not acknowledged yet.
    born: HashMap<Token, Arc<Origin>>,
    next_birth: Token,
    /// Asked for on this connection and not answered yet.
    subscribing: HashMap<Token, Asked>,
    subscriptions: Token,
    in_flight: usize,
    /// There was nothing more to say, and all that has come since was told.
    is_idle: bool,
    /// How many messages have gone since it was looked for a command to acknowledge.
    passing: usize,
    backoff: Backoff,
    since: Option<Instant>,
    /// How many connections in a row have ended soon after they were made.
    short: u32,
    /// Whether it was said since there was no connection that the broker refuses one.
    has_told_refusal: bool,
    complaint: Complaint,
    was_connected: bool,
    /// An attempt was made at once because a device closes; the next ones are as soon as waits are ever.
    hastened: bool,
    saying_goodbye: bool,
    suspicion: Suspicion,
    /// The message that goes alone because one is suspected, and its topic.
    alone: Option<(Token, String)>,
    /// The message that is tried, alone, and its topic.
    trial: Option<(Token, String)>,
    /// An entry was acknowledged on this connection.
    has_passed: bool,
    /// The link is not to say again what was on its way.
    starts_anew: bool,
}

impl Delivery {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        let writer = Writer::new(hub.dialect());
        Self {
            hub,
            writer,
            asks: VecDeque::new(),
            births: VecDeque::new(),
            born: HashMap::new(),
            next_birth: FIRST_BIRTH,
            subscribing: HashMap::new(),
            subscriptions: 0,
            in_flight: 0,
            is_idle: false,
            passing: 0,
            backoff: Backoff::default(),
            since: None,
            short: 0,
            has_told_refusal: false,
            complaint: Complaint::default(),
            was_connected: false,
            hastened: false,
            saying_goodbye: false,
            suspicion: Suspicion::default(),
            alone: None,
            trial: None,
            has_passed: false,
            starts_anew: false,
        }
    }

    /// Devices come and go while the connection lasts.
    fn take_moves(&mut self) {
        for change in self.hub.moves() {
            match change {
                Move::Joined(origin) => self.welcome(vec![origin]),
                Move::Left(origin) => {
                    let filters = self.hub.dialect().command_filters(&origin);
                    self.asks.push_back(Ask::Unsubscribe(filters));
                }
                Move::Asks(origin) => self.asks.push_back(Ask::Subscribe(Asked::Commands(vec![origin]))),
                Move::Listens(origin, channel) if origin.session() > 0 => self.listen(origin, channel),
                // Its welcome does it.
                Move::Listens(..) => {}
                // Somebody may have begun to listen again, and have been quicker to say it.
                Move::Ignores(origin, channel) if origin.listening.channels().contains(&channel) => {}
                Move::Ignores(origin, channel) => {
                    self.asks.push_back(Ask::Unsubscribe(vec![filter(&origin, channel)]));
                }
            }
        }
    }

    fn welcome(&mut self, origins: Vec<Arc<Origin>>) {
        self.asks.push_back(Ask::Subscribe(Asked::Commands(origins.clone())));
        self.announce(&origins);
        self.listen_all(&origins);
    }

    /// The broker has kept what these are subscribed to.
    fn welcome_back(&mut self, origins: Vec<Arc<Origin>>) {
        self.announce(&origins);
        self.listen_all(&origins);
        origins.iter().for_each(|origin| origin.set_standing(Standing::Online));
        self.hub.tell();
    }

    /// To what somebody listens already.
    fn listen_all(&mut self, origins: &[Arc<Origin>]) {
        for origin in origins {
            for channel in origin.listening.channels() {
                self.listen(Arc::clone(origin), channel);
            }
        }
    }

    fn announce(&mut self, origins: &[Arc<Origin>]) {
        if self.hub.dialect().is_native() {
            // What is on its way comes again by itself on a session that is kept.
            let is_born = |origin: &&Arc<Origin>| self.born.values().any(|born| Arc::ptr_eq(born, origin));
            self.births.extend(origins.iter().filter(|origin| !is_born(origin)).cloned());
        }
    }

    fn listen(&mut self, origin: Arc<Origin>, channel: Channel) {
        self.asks.push_back(Ask::Subscribe(Asked::Channel(origin, channel)));
    }

    fn next_ask(&mut self) -> Option<Request> {
        Some(match self.asks.pop_front()? {
            Ask::Subscribe(asked) => {
                let dialect = self.hub.dialect();
                let filters = match &asked {
                    Asked::Commands(origins) => {
                        origins.iter().flat_map(|origin| dialect.command_filters(origin)).collect()
                    }
                    Asked::Channel(origin, channel) => vec![filter(origin, *channel)],
                };
                self.subscriptions += 1;
                self.subscribing.insert(self.subscriptions, asked);
                Request::Subscribe(self.subscriptions, filters)
            }
            Ask::Unsubscribe(filters) => Request::Unsubscribe(filters),
        })
    }

    fn next_birth(&mut self) -> Option<Request> {
        let origin = self.births.pop_front()?;
        let token = self.next_birth;
        self.next_birth -= 1;
        self.in_flight += 1;
        self.hub.metrics.published();
        let birth = message::presence(token, &origin, PresenceStatus::Online);
        self.born.insert(token, origin);
        Some(Request::Publish(birth))
    }

    fn commanded(&self, origins: Vec<Arc<Origin>>, refused: Vec<(usize, LinkError)>) {
        let mut answered = 0;
        let mut refused = refused.into_iter().peekable();
        for origin in origins {
            answered += self.hub.dialect().command_filters(&origin).len();
            let mut refusal = None;
            while let Some((_, error)) = refused.next_if(|(filter, _)| *filter < answered) {
                tracing::error!(device = %origin.id, error = chain(&error), "commands will not arrive");
                self.hub.metrics.failed(&error);
                refusal.get_or_insert(error);
            }
            let standing = standing(refusal);
            origin.set_subscribed(matches!(standing, Standing::Online));
            origin.set_standing(standing.clone());
            if let Standing::Refused(error) = standing {
                self.hub.refused(&origin);
                origin.failed(Sending::Subscription, ErrorCause::Refused(error));
            }
        }
        self.hub.tell();
    }

    /// A connection, or an attempt at one, has ended: what is to be said of it.
    fn ended(&mut self, error: LinkError) -> LinkError {
        let Some(since) = self.since.take() else { return error };
        let lasted = since.elapsed();
        self.backoff.lasted(lasted);
        self.short = if lasted < STABLE { self.short + 1 } else { 0 };
        if self.short == 0 {
            self.complaint.over();
        }
        match self.blame(error) {
            LinkError::Connection { endpoint, source } if self.short >= DISPLACED => {
                let client_id = topic::client_id(self.hub.owner());
                LinkError::Displaced { endpoint, client_id, times: self.short, source }
            }
            error => error,
        }
    }

    /// A device that closes waits 5 s for what is left: it is tried at once, and then as soon as waits are ever.
    fn next_wait(&mut self) -> Duration {
        let delay = self.backoff.next(fastrand::f64());
        if self.hub.is_departing() { delay.min(FIRST.mul_f64(1.0 + fastrand::f64())) } else { delay }
    }

    fn next_entry(&mut self) -> Option<Request> {
        let Self { hub, writer, .. } = self;
        let message = hub.outbox.send_next(|token, entry, going| {
            let message = writer.message(token, entry, going);
            let traffic = &entry.origin.traffic;
            traffic.sent.add(1);
            traffic.bytes_sent.add(message.payload.len());
            message
        })?;
        self.in_flight += 1;
        self.hub.metrics.published();
        Some(Request::Publish(message))
    }

    fn next_message(&mut self) -> Option<Request> {
        if self.in_flight >= WINDOW {
            return None;
        }
        if !self.asks.is_empty() || !self.births.is_empty() {
            return self.next_ask().or_else(|| self.next_birth());
        }
        if self.goes_alone() {
            return self.next_alone();
        }
        self.next_entry()
    }

    fn next_acknowledgement(&self) -> Option<Request> {
        self.hub.acks.next().map(Request::Acknowledge)
    }

    fn next_request(&mut self) -> Option<Request> {
        self.take_moves();
        if self.passing == PASSING {
            self.passing = 0;
            if let Some(acknowledge) = self.next_acknowledgement() {
                return Some(acknowledge);
            }
        }
        if let Some(message) = self.next_message() {
            self.passing += 1;
            return Some(message);
        }
        self.next_acknowledgement().or_else(|| self.next_goodbye())
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

/// How it stands with a subscription that was answered.
fn standing(refusal: Option<LinkError>) -> Standing {
    refusal.map_or(Standing::Online, |error| Standing::Refused(Arc::new(error)))
}

fn filter(origin: &Origin, channel: Channel) -> String {
    topic::all_assets(&origin.id, channel.stream())
}

impl Driver for Delivery {
    fn ready(&self) -> Arc<Notify> {
        Arc::clone(self.hub.outbox.news.notify())
    }

    fn next(&mut self) -> Option<Request> {
        // It is asked after whatever has happened, and mostly that was nothing that it would have to say something to.
        let is_news = self.hub.outbox.news.hear();
        if self.is_idle && !is_news && !self.hub.is_closing() {
            return None;
        }
        let request = self.next_request();
        self.is_idle = request.is_none();
        request
    }

    fn starts_anew(&mut self) -> bool {
        std::mem::take(&mut self.starts_anew)
    }

    fn connected(&mut self, resumed: bool) {
        self.since = Some(Instant::now());
        self.is_idle = false;
        self.asks.clear();
        self.births.clear();
        self.subscribing.clear();
        // Who joined before is among the members; the subscriptions of who left are not made again.
        drop(self.hub.moves());
        let members: Vec<_> = self.hub.origins().into_iter().filter(|origin| !origin.is_leaving()).collect();
        if !resumed {
            self.born.clear();
        }
        let (known, new): (Vec<_>, Vec<_>) =
            members.iter().cloned().partition(|origin| resumed && origin.is_subscribed());
        new.chunks(SUBSCRIBED_AT_ONCE).for_each(|some| self.welcome(some.to_vec()));
        self.welcome_back(known);
        let reconnected = std::mem::replace(&mut self.was_connected, true);
        self.hub.metrics.connected(resumed, reconnected);
        // What is on its way on a kept session the link sends again by itself.
        let again = if resumed {
            self.hub.outbox.count_again();
            self.in_flight
        } else {
            self.hub.outbox.rewind()
        };
        self.hub.metrics.replayed(again);
        if !resumed {
            self.in_flight = 0;
            if again > 0 {
                tracing::info!(messages = again, "sending again what was not acknowledged");
            }
        }
        let backlog = if reconnected { self.hub.outbox.begin_backlog() } else { 0 };
        if reconnected && (!resumed || backlog > 0 || self.hub.outbox.owes()) {
            // The broker may have lost what it had acknowledged, and what is late says how things were: say
            // again how they are.
            members.iter().for_each(|origin| self.hub.ask_to_announce(origin));
        }
        self.hub.outbox.set_online(true);
        self.hub.set_status(Status::Online);
    }

    fn subscribed(&mut self, token: Token, refused: Vec<(usize, LinkError)>) {
        self.is_idle &= !self.goes_alone();
        match self.subscribing.remove(&token) {
            Some(Asked::Commands(origins)) => self.commanded(origins, refused),
            Some(Asked::Channel(origin, channel)) => {
                let error = refused.into_iter().next().map(|(_, error)| error);
                origin.listening.set_standing(channel, standing(error));
            }
            None => {}
        }
    }

    fn acknowledged(&mut self, token: Token) {
        // A full window has kept back what there is to say.
        self.is_idle &= self.in_flight < WINDOW && !self.goes_alone();
        // Whether or not its entry is still there: the link gives each once.
        self.in_flight = self.in_flight.saturating_sub(1);
        // Births count downwards, entries of the outbox upwards.
        let is_known = match token > self.next_birth {
            true => self.born.remove(&token).is_some(),
            false => {
                self.has_passed = true;
                if self.goes_alone() {
                    self.passed(token);
                }
                self.hub.outbox.acknowledge(token)
            }
        };
        if is_known {
            self.hub.metrics.acknowledged();
        }
    }

    fn received(&mut self, message: Received) {
        self.hub.receive(message);
    }

    fn lost(&mut self, error: LinkError) -> Duration {
        self.hub.acks.clear();
        self.hub.forget_early();
        self.hub.outbox.set_online(false);
        let error = self.ended(error);
        let delay = if error.is_retryable() { self.next_wait() } else { LONGEST };
        let words = chain(&error);
        let told = match &error {
            // However often it has happened.
            LinkError::Displaced { client_id, .. } => client_id,
            _ => &words,
        };
        if self.complaint.is_news(told, Instant::now()) {
            tracing::warn!(error = words, ?delay, "not connected");
        } else {
            tracing::debug!(error = words, ?delay, "not connected");
        }
        let error = Arc::new(error);
        // Not for each attempt: once for each time without a connection, and once more when waiting alone does not help.
        let (is_first, is_refused) = (!self.hub.is_offline(), !error.is_retryable());
        let is_news = is_first || (is_refused && !self.has_told_refusal);
        self.has_told_refusal = is_refused || (self.has_told_refusal && !is_first);
        for origin in self.hub.origins() {
            origin.set_standing(Standing::Waiting);
            origin.listening.lost();
            origin.traffic.disconnects.add(1);
            if is_news {
                let messages = origin.pending();
                origin.failed(Sending::Waiting { messages }, ErrorCause::Disconnected(Arc::clone(&error)));
            }
        }
        self.hub.set_status(Status::Offline(error));
        delay
    }

    fn is_in_haste(&mut self) -> bool {
        // What else is told is looked at when there is a connection.
        if self.hub.outbox.news.hear() {
            self.is_idle = false;
        }
        self.hastened &= self.hub.is_departing();
        self.hub.is_departing() && !std::mem::replace(&mut self.hastened, true)
    }
}
