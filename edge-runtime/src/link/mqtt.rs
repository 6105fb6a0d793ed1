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
    ManualAck, MqttOptions, Outgoing, Packet, PublishOptions, SessionMode, SubscribeFilterInput,
    SubscribeReasonCode, TlsConfiguration, Transport,
};
use tokio::sync::Notify;

use super::{Dialect, Driver, Hello, Link, LinkError, Publish, QoS, Received, Request, Token};
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
/// How many requests go to the socket in one write.
const BATCH: usize = 64;

/// A broker at one address.
#[derive(Clone, Debug)]
pub(crate) struct Mqtt {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `None`: in clear.
    pub(crate) tls: Option<TlsConfig>,
    /// User and password.
    pub(crate) credentials: Option<(Secret, Secret)>,
    pub(crate) dialect: Dialect,
}

impl Mqtt {
    fn options(&self, hello: &Hello) -> MqttOptions {
        let broker = Broker::tcp(self.host.clone(), self.port);
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
        let scheme = if self.tls.is_some() { "mqtts" } else { "mqtt" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn run(&self, hello: Hello, driver: Box<dyn Driver>) -> BoxFuture<'static, ()> {
        let (client, mut events) = AsyncClient::builder(self.options(&hello)).capacity(CHANNEL).build();
        let mut network = events.network_options();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(CONNECT_TIMEOUT_SECONDS);
        events.set_network_options(network);
        let ready = driver.ready();
        let connection = Mutex::new(Connection {
            endpoint: self.endpoint(),
            client,
            driver,
            connected: false,
            closing: false,
            outgoing: Sent::default(),
            incoming: HashMap::new(),
            received: 0,
            subscriptions: VecDeque::new(),
            failure: None,
        });
        Box::pin(async move {
            // Both in one task, and neither is cancelled before the connection has ended: a poll that
            // is dropped in the middle of a write would lose the packet.
            tokio::select! {
                () = poll(&connection, events) => {}
                () = feed(&connection, &ready) => {}
            }
        })
    }
}

/// Polls the client until it has said goodbye; reconnects after the driver's waits.
async fn poll(connection: &Mutex<Connection>, mut events: EventLoop) {
    loop {
        let failure = match events.poll().await {
            Ok(event) => lock(connection).handle(event),
            Err(ConnectionError::RequestsDone) => return,
            Err(error) => Some(lock(connection).error(error)),
        };
        let Some(failure) = failure else { continue };
        events.clean();
        // What came on the old connection and was not handed over cannot be acknowledged on a new one,
        // where it comes again.
        events.state.events.retain(|event| !matches!(event, Event::Incoming(Packet::Publish(_))));
        let Some(delay) = lock(connection).lost(failure) else { return };
        tokio::time::sleep(delay).await;
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

/// Which of the driver's messages the client's packet numbers stand for.
#[derive(Debug, Default)]
struct Sent {
    /// Given to the client in this order, not numbered yet.
    at_least_once: VecDeque<Token>,
    at_most_once: VecDeque<Token>,
    /// On their way, by packet number.
    numbered: HashMap<u16, Token>,
}

impl Sent {
    fn push(&mut self, qos: QoS, token: Token) {
        match qos {
            QoS::AtMostOnce => self.at_most_once.push_back(token),
            QoS::AtLeastOnce => self.at_least_once.push_back(token),
        }
    }

    /// A packet goes out. Returns the message if that is all that will ever be heard of it.
    fn written(&mut self, packet: u16) -> Option<Token> {
        if packet == 0 {
            return self.at_most_once.pop_front();
        }
        // A number that is known is being sent again.
        if !self.numbered.contains_key(&packet)
            && let Some(token) = self.at_least_once.pop_front()
        {
            self.numbered.insert(packet, token);
        }
        None
    }
}

struct Connection {
    endpoint: String,
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
    /// Why this connection must be given up.
    failure: Option<LinkError>,
}

impl Connection {
    /// Hands the driver's requests to the client; both only queue them.
    fn feed(&mut self) {
        while self.connected
            && !self.closing
            && let Some(request) = self.driver.next()
        {
            let result = match request {
                Request::Publish(message) => self.publish(message),
                Request::Subscribe(token, filters) => self.subscribe(token, filters),
                Request::Unsubscribe(filters) => self.client.try_unsubscribe_many(filters),
                Request::Acknowledge(number) => match self.incoming.remove(&number) {
                    Some(ack) => self.client.try_manual_ack(ack),
                    None => Ok(()),
                },
                Request::Disconnect => {
                    self.closing = true;
                    self.client.try_disconnect()
                }
            };
            if let Err(error) = result {
                // The channel holds more than the driver's window, so this is a broken client.
                self.failure = Some(connection_error(&self.endpoint, error));
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
        self.subscriptions.push_back((token, filters));
        result
    }

    /// Takes an event, and whatever the driver wants done about it. Returns why the connection must
    /// be given up, if it must.
    fn handle(&mut self, event: Event) -> Option<LinkError> {
        match event {
            Event::Incoming(Packet::ConnAck(ack)) => self.established(&ack),
            Event::Incoming(Packet::Publish(publish)) => self.receive(&publish),
            Event::Incoming(Packet::PubAck(ack)) => {
                if let Some(token) = self.outgoing.numbered.remove(&ack.pkid) {
                    self.driver.acknowledged(token);
                }
            }
            Event::Incoming(Packet::SubAck(ack)) => self.subscribed(&ack.return_codes),
            Event::Outgoing(Outgoing::Publish(packet)) => {
                if let Some(token) = self.outgoing.written(packet) {
                    self.driver.acknowledged(token);
                }
            }
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
        self.feed();
        self.failure.take()
    }

    fn established(&mut self, ack: &ConnAck) {
        tracing::info!(endpoint = self.endpoint, resumed = ack.session_present, "connected");
        self.connected = true;
        if !ack.session_present {
            // The client has forgotten what it had in flight.
            self.outgoing = Sent::default();
            self.subscriptions.clear();
        }
        self.driver.connected(ack.session_present);
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
        let error = |filter| LinkError::Subscription { endpoint: self.endpoint.clone(), filter };
        let codes = codes.iter().zip(filters).enumerate();
        let refused = codes.filter(|(_, (code, _))| matches!(code, SubscribeReasonCode::Failure));
        self.driver.subscribed(token, refused.map(|(index, (_, filter))| (index, error(filter))).collect());
    }

    /// Tells the driver that there is no connection; `None` when that is the end.
    fn lost(&mut self, error: LinkError) -> Option<Duration> {
        self.connected = false;
        self.incoming.clear();
        let delay = self.driver.lost(error);
        (!self.closing).then_some(delay)
    }

    fn error(&self, error: ConnectionError) -> LinkError {
        match error {
            ConnectionError::ConnectionRefused(code) => match reason(code) {
                Some(reason) => {
                    LinkError::Refused { endpoint: self.endpoint.clone(), reason: reason.to_owned() }
                }
                None => connection_error(&self.endpoint, error),
            },
            error => connection_error(&self.endpoint, error),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(tokens: &[Token]) -> Sent {
        let mut sent = Sent::default();
        tokens.iter().for_each(|&token| sent.push(QoS::AtLeastOnce, token));
        sent
    }

    #[test]
    fn packet_numbers_stand_for_messages_in_their_order() {
        let mut sent = sent(&[10, 11, 12]);
        sent.push(QoS::AtMostOnce, 13);
        assert_eq!([1, 0, 2].map(|packet| sent.written(packet)), [None, Some(13), None]);
        assert_eq!(sent.numbered, HashMap::from([(1, 10), (2, 11)]));
    }

    #[test]
    fn what_is_sent_again_on_a_resumed_session_keeps_its_message() {
        let mut sent = sent(&[10, 11, 12]);
        assert_eq!([1, 2].map(|packet| sent.written(packet)), [None, None]);
        // 1 is acknowledged and the connection breaks. 2 is sent again, then the one that had no
        // number yet, which gets a number that is free.
        sent.numbered.remove(&1);
        assert_eq!([2, 1].map(|packet| sent.written(packet)), [None, None]);
        assert_eq!(sent.numbered, HashMap::from([(2, 11), (1, 12)]));
    }
}
