//! MQTT 3.1.1 as a [`Link`]. The only file that names rumqttc.
//!
//! One task polls the client's event loop and does nothing else: it feeds the driver's requests into
//! the client between two polls, and hands events to the driver. The client numbers and re-sends what
//! is in flight while the broker keeps the session; after a lost session it forgets everything, and
//! the driver starts again from its outbox.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::{
    AckMode, AsyncClient, Broker, ConnAck, ConnectReturnCode, ConnectionError, Event, EventLoop, LastWill,
    ManualAck, MqttOptions, Outgoing, Packet, PublishOptions, SessionMode, StateError, SubscribeFilterInput,
    SubscribeReasonCode, TlsConfiguration, Transport,
};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::sent::{OVERDUE, Sent};
use super::{Dialect, Driver, Hello, Link, LinkError, Publish, QoS, Received, Request, Token, pause};
use crate::future::BoxFuture;
use crate::tls::TlsConfig;
use edge_proto::Secret;

const KEEP_ALIVE_SECONDS: u16 = 30;
const CONNECT_TIMEOUT_SECONDS: u64 = 5;
/// Far above [`edge_proto::payload::MAX_BYTES`], so that a command that is too large is refused with
/// a reason and does not break the connection again and again.
const MAX_PACKET: usize = 16 * 1024 * 1024;
/// More than the driver ever has in flight: the client's own window must never close.
const INFLIGHT: u16 = 1024;
const CHANNEL: usize = 4096;
/// How many acknowledgements wait in the channel at most. Thousands become due at once when a burst of commands was
/// refused behind one that took its time.
const ACKNOWLEDGEMENTS: usize = 1024;
/// After so many connections in a row that end with something that cannot be read, it is in the session.
const POISONED: u32 = 3;
/// How often it is looked whether the broker still answers.
const WATCH: Duration = Duration::from_secs(1);
/// How many requests go to the socket in one write.
const BATCH: usize = 64;

/// Host and port.
type Node = (String, u16);

/// A broker, or a cluster: any of its nodes will do.
#[derive(Clone, Debug)]
pub(crate) struct Mqtt {
    /// At least one. Tried in turn: after a connection is lost, it is the next one's.
    pub(crate) nodes: Vec<Node>,
    /// `None`: in clear.
    pub(crate) tls: Option<TlsConfig>,
    /// User and password.
    pub(crate) credentials: Option<(Secret, Secret)>,
    pub(crate) dialect: Dialect,
}

impl Mqtt {
    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "mqtts" } else { "mqtt" }
    }

    fn at_each_node(&self, hello: &Hello) -> Vec<MqttOptions> {
        self.nodes.iter().map(|node| self.options(node, hello)).collect()
    }

    fn options(&self, (host, port): &Node, hello: &Hello) -> MqttOptions {
        let broker = Broker::tcp(host.clone(), *port);
        let mut options = MqttOptions::new(hello.client_id.clone(), broker);
        options
            .set_keep_alive(KEEP_ALIVE_SECONDS)
            .set_session_mode(SessionMode::Persistent)
            .set_ack_mode(AckMode::Manual)
            .set_max_packet_size(MAX_PACKET, MAX_PACKET)
            .set_inflight(INFLIGHT)
            .set_max_request_batch(BATCH);
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::Tls(TlsConfiguration::Rustls(tls.shared())));
        }
        if let Some((user, password)) = &self.credentials {
            options.set_credentials(user.expose().to_owned(), password.expose().to_owned());
        }
        if let Some(will) = &hello.will {
            let (topic, payload) = (will.topic.clone(), will.payload.to_vec());
            options.set_last_will(LastWill::new(topic, payload, rumqttc::QoS::AtLeastOnce, true));
        }
        options
    }
}

impl Link for Mqtt {
    fn endpoint(&self) -> String {
        let nodes: Vec<_> = self.nodes.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        format!("{}://{}", self.scheme(), nodes.join(","))
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn run(&self, hello: Hello, driver: Box<dyn Driver>) -> BoxFuture<'static, ()> {
        let endpoint = |(host, port): &Node| format!("{}://{host}:{port}", self.scheme());
        let options = self.at_each_node(&hello);
        let (client, mut events) = new_client(options[0].clone());
        let ready = driver.ready();
        let connection = Mutex::new(Connection {
            endpoints: self.nodes.iter().map(endpoint).collect(),
            node: 0,
            client,
            driver,
            connected: false,
            closing: false,
            outgoing: Sent::default(),
            incoming: HashMap::new(),
            received: 0,
            subscriptions: VecDeque::new(),
            unwritten: 0,
            unacknowledged: 0,
            subscribed: Instant::now(),
            is_new: false,
            unread: 0,
            forgetting: false,
            failure: None,
        });
        // It says nothing, so it leaves no last will either.
        let mut forgetful = self.at_each_node(&Hello { will: None, ..hello });
        forgetful.iter_mut().for_each(|options| {
            options.set_session_mode(SessionMode::Clean);
        });
        Box::pin(async move {
            loop {
                // All in one task. The poll is not cancelled while its client goes on: one that is dropped in
                // the middle of a write loses the packet.
                let stop = tokio::select! {
                    stop = poll(&connection, &mut events) => stop,
                    () = feed(&connection, &ready) => return,
                    stuck = watch(&connection) => Stop::Lost(stuck, Client::New(Session::Kept)),
                };
                let next = match stop {
                    Stop::Goodbye => return,
                    Stop::Forgotten => Client::New(Session::Kept),
                    Stop::Lost(error, next) => {
                        let Some(delay) = lock(&connection).lost(error) else { return };
                        pause(&ready, delay, || lock(&connection).driver.is_in_haste()).await;
                        next
                    }
                };
                let Client::New(session) = next else {
                    // The client's id is the same at each node, so it keeps what it knows of the session.
                    events.mqtt_options = options[lock(&connection).node].clone();
                    continue;
                };
                let options = if session == Session::Kept { &options } else { &forgetful };
                let new;
                (new, events) = new_client(options[lock(&connection).node].clone());
                lock(&connection).start_again(new, session);
            }
        })
    }
}

/// With which client it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    /// The same, which sends again what is on its way.
    Same,
    /// One that knows of nothing.
    New(Session),
}

/// What the next connection wants of the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    /// The session as it is, or a new one that is kept.
    Kept,
    /// That it forgets the session; it is all that the connection is for.
    Forgotten,
}

/// Why a client is not polled any more, or not for now.
enum Stop {
    Goodbye,
    /// The connection is lost.
    Lost(LinkError, Client),
    /// The session is forgotten.
    Forgotten,
}

/// A client that knows of nothing on its way.
fn new_client(options: MqttOptions) -> (AsyncClient, EventLoop) {
    let (client, mut events) = AsyncClient::builder(options).capacity(CHANNEL).build();
    let mut network = events.network_options();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(CONNECT_TIMEOUT_SECONDS);
    events.set_network_options(network);
    (client, events)
}

/// Polls the client until its connection ends.
async fn poll(connection: &Mutex<Connection>, events: &mut EventLoop) -> Stop {
    loop {
        let polled = events.poll().await;
        let Some(stop) = lock(connection).polled(polled, &mut events.state.events) else { continue };
        events.clean();
        // What came on the old connection and was not handed over cannot be acknowledged on a new one,
        // where it comes again.
        events.state.events.retain(|event| !matches!(event, Event::Incoming(Packet::Publish(_))));
        return stop;
    }
}

/// Waits until the broker is silent for too long about what it was sent.
async fn watch(connection: &Mutex<Connection>) -> LinkError {
    loop {
        tokio::time::sleep(WATCH).await;
        if let Some(error) = lock(connection).stuck(Instant::now()) {
            return error;
        }
    }
}

/// Hands requests to the client whenever the driver has some. The client's channel wakes its poll.
async fn feed(connection: &Mutex<Connection>, ready: &Notify) {
    loop {
        ready.notified().await;
        lock(connection).feed();
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Connection {
    /// Of each node.
    endpoints: Vec<String>,
    /// Which of them is spoken to.
    node: usize,
    client: AsyncClient,
    driver: Box<dyn Driver>,
    connected: bool,
    closing: bool,
    outgoing: Sent,
    /// Received and not acknowledged yet, by the number that the driver knows.
    incoming: HashMap<u64, ManualAck>,
    received: u64,
    /// Asked for and not answered yet. Brokers answer in order; what was not answered when a connection
    /// broke is asked for again by the client, before anything new.
    subscriptions: VecDeque<(Token, Vec<String>)>,
    /// How many SUBSCRIBEs the client has not written. It queues them apart, and would send what comes after
    /// them before.
    unwritten: usize,
    /// How many acknowledgements the client has not written.
    unacknowledged: usize,
    /// When the last SUBSCRIBE was asked for or answered.
    subscribed: Instant,
    /// The client has never been connected: whatever the broker has kept, it knows nothing of it.
    is_new: bool,
    /// How many connections in a row have ended with something that cannot be read.
    unread: u32,
    /// This client is there to let the broker forget the session.
    forgetting: bool,
    /// Why this connection must be given up.
    failure: Option<LinkError>,
}

impl Connection {
    /// The address of the node that is spoken to.
    fn endpoint(&self) -> &str {
        &self.endpoints[self.node]
    }

    /// Hands the driver's requests to the client; both only queue them.
    fn feed(&mut self) {
        while self.connected
            && !self.closing
            && self.unwritten == 0
            && self.unacknowledged < ACKNOWLEDGEMENTS
            && let Some(request) = self.driver.next()
        {
            let result = match request {
                Request::Publish(message) => self.publish(message),
                Request::Subscribe(token, filters) => self.subscribe(token, filters),
                Request::Unsubscribe(filters) => self.client.try_unsubscribe_many(filters),
                Request::Acknowledge(number) => match self.incoming.remove(&number) {
                    Some(ack) => {
                        self.unacknowledged += 1;
                        self.client.try_manual_ack(ack)
                    }
                    None => Ok(()),
                },
                Request::Disconnect => {
                    self.closing = true;
                    self.client.try_disconnect()
                }
            };
            if let Err(error) = result {
                // The channel holds more than the driver's window, so this is a broken client.
                self.failure = Some(connection_error(self.endpoint(), error));
                return;
            }
        }
    }

    fn publish(&mut self, message: Publish) -> Result<(), rumqttc::ClientError> {
        let Publish { token, topic, payload, qos, retain } = message;
        let options = PublishOptions::new(match qos {
            QoS::AtMostOnce => rumqttc::QoS::AtMostOnce,
            QoS::AtLeastOnce => rumqttc::QoS::AtLeastOnce,
        });
        self.client.try_publish(topic, payload, options.retain(retain))?;
        self.outgoing.push(qos, token);
        Ok(())
    }

    fn subscribe(&mut self, token: Token, filters: Vec<String>) -> Result<(), rumqttc::ClientError> {
        let inputs = filters
            .iter()
            .map(|filter| SubscribeFilterInput::new(filter.as_str(), rumqttc::QoS::AtLeastOnce));
        let result = self.client.try_subscribe_many(inputs.collect::<Vec<_>>());
        self.subscribed = Instant::now();
        self.unwritten += 1;
        self.subscriptions.push_back((token, filters));
        result
    }

    /// Takes what a poll has come to and all that the client has told besides, and does what the driver
    /// wants done about it. Returns how the connection has ended, if it has.
    fn polled(&mut self, polled: Result<Event, ConnectionError>, more: &mut VecDeque<Event>) -> Option<Stop> {
        let failure = match polled {
            Ok(event) => {
                // Not at every event: the clock costs more than the rest.
                let now = Instant::now();
                self.handle(event, now);
                more.drain(..).for_each(|event| self.handle(event, now));
                self.feed();
                self.failure.take()
            }
            Err(ConnectionError::RequestsDone) => return Some(Stop::Goodbye),
            Err(error) => Some(self.error(error)),
        };
        if self.has_forgotten() {
            return Some(Stop::Forgotten);
        }
        let failure = failure?;
        if self.is_poisoned() {
            tracing::error!(
                error = crate::cause::chain(&failure),
                "the broker sends what cannot be read, again and again: the session is given up, with what waits in it"
            );
            return Some(Stop::Lost(failure, Client::New(Session::Forgotten)));
        }
        Some(Stop::Lost(failure, Client::Same))
    }

    fn handle(&mut self, event: Event, now: Instant) {
        match event {
            Event::Incoming(Packet::ConnAck(ack)) => self.established(&ack),
            Event::Incoming(Packet::Publish(publish)) => self.receive(&publish),
            Event::Incoming(Packet::PubAck(ack)) => {
                if let Some(token) = self.outgoing.acknowledged(ack.pkid, now) {
                    self.driver.acknowledged(token);
                }
            }
            Event::Incoming(Packet::SubAck(ack)) => self.subscribed(&ack.return_codes),
            Event::Outgoing(Outgoing::Publish(packet)) => {
                if let Some(token) = self.outgoing.written(packet, now) {
                    self.driver.acknowledged(token);
                }
            }
            Event::Outgoing(Outgoing::PubAck(_)) => {
                self.unacknowledged = self.unacknowledged.saturating_sub(1);
            }
            Event::Outgoing(Outgoing::Subscribe(_)) => self.unwritten = self.unwritten.saturating_sub(1),
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
    }

    fn established(&mut self, ack: &ConnAck) {
        if self.forgetting {
            // Done: the next client is for all else.
            self.is_new = false;
            return;
        }
        tracing::info!(endpoint = self.endpoint(), resumed = ack.session_present, "connected");
        self.connected = true;
        self.unwritten = 0;
        self.unacknowledged = 0;
        self.subscribed = Instant::now();
        let resumed = ack.session_present && !std::mem::take(&mut self.is_new);
        if !resumed {
            // The client has forgotten what it had in flight.
            self.outgoing = Sent::default();
            self.subscriptions.clear();
        }
        self.driver.connected(resumed);
    }

    fn receive(&mut self, publish: &rumqttc::Publish) {
        self.received += 1;
        let number = self.received;
        let ack = self.client.prepare_ack(publish).map(|ack| {
            self.incoming.insert(number, ack);
            number
        });
        self.driver.received(Received {
            topic: String::from_utf8_lossy(&publish.topic).into_owned(),
            payload: publish.payload.clone(),
            retained: publish.retain,
            ack,
        });
    }

    fn subscribed(&mut self, codes: &[SubscribeReasonCode]) {
        let Some((token, filters)) = self.subscriptions.pop_front() else { return };
        self.subscribed = Instant::now();
        let error = |filter| LinkError::Subscription { endpoint: self.endpoint().to_owned(), filter };
        let codes = codes.iter().zip(filters).enumerate();
        let refused = codes.filter(|(_, (code, _))| matches!(code, SubscribeReasonCode::Failure));
        self.driver.subscribed(token, refused.map(|(index, (_, filter))| (index, error(filter))).collect());
    }

    /// Whether the broker is silent about what it must answer.
    fn stuck(&self, now: Instant) -> Option<LinkError> {
        let unanswered =
            !self.subscriptions.is_empty() && now.saturating_duration_since(self.subscribed) >= OVERDUE;
        let is_stuck = self.connected && (unanswered || self.outgoing.is_overdue(now));
        is_stuck.then(|| LinkError::Silent { endpoint: self.endpoint().to_owned() })
    }

    /// With a client that knows of nothing on its way.
    fn start_again(&mut self, client: AsyncClient, session: Session) {
        self.client = client;
        self.is_new = true;
        self.forgetting = session == Session::Forgotten;
    }

    /// Whether the broker has forgotten the session, as it was asked to.
    fn has_forgotten(&self) -> bool {
        self.forgetting && !self.is_new
    }

    /// Whether the session has something in it that cannot be read, and that comes with every connection.
    fn is_poisoned(&mut self) -> bool {
        let is_poisoned = self.unread >= POISONED;
        if is_poisoned {
            self.unread = 0;
        }
        is_poisoned
    }

    /// Tells the driver that there is no connection; `None` when that is the end.
    fn lost(&mut self, error: LinkError) -> Option<Duration> {
        self.connected = false;
        self.incoming.clear();
        self.node = (self.node + 1) % self.endpoints.len();
        let delay = self.driver.lost(error);
        (!self.closing).then_some(delay)
    }

    fn error(&mut self, error: ConnectionError) -> LinkError {
        let is_unread = matches!(
            &error,
            ConnectionError::MqttState(StateError::Deserialization(cause))
                if !matches!(cause, rumqttc::mqttbytes::Error::Io(_))
        );
        self.unread = if is_unread { self.unread + 1 } else { 0 };
        match error {
            ConnectionError::ConnectionRefused(code) => match reason(code) {
                Some(reason) => {
                    LinkError::Refused { endpoint: self.endpoint().to_owned(), reason: reason.to_owned() }
                }
                None => connection_error(self.endpoint(), error),
            },
            ConnectionError::NetworkTimeout => no_answer(self.endpoint()),
            error => connection_error(self.endpoint(), error),
        }
    }
}

/// Of TCP, TLS or MQTT: nobody says how far it came.
fn no_answer(endpoint: &str) -> LinkError {
    let source = format!("no answer within {CONNECT_TIMEOUT_SECONDS} s").into();
    LinkError::Connection { endpoint: endpoint.to_owned(), source }
}

fn connection_error(endpoint: &str, source: impl std::error::Error + Send + Sync + 'static) -> LinkError {
    LinkError::Connection { endpoint: endpoint.to_owned(), source: Box::new(source) }
}

/// Why the broker will not have us, for the codes that waiting does not cure.
fn reason(code: ConnectReturnCode) -> Option<&'static str> {
    match code {
        ConnectReturnCode::BadUserNamePassword => Some("the token is not accepted"),
        ConnectReturnCode::NotAuthorized => Some("the token is not authorized"),
        ConnectReturnCode::BadClientId => Some("the client id is not accepted"),
        ConnectReturnCode::RefusedProtocolVersion => Some("it does not speak MQTT 3.1.1"),
        _ => None,
    }
}
