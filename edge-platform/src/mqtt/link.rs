//! The platform's client at the broker, embedded or not. The only file that names rumqttc.
//!
//! One task polls the client and waits for nothing else. What arrives leaves through a channel, is
//! stored, and comes back as an [`Ack`]; only then is it acknowledged, so a message is either stored or
//! delivered again. The task ends when its reader has ended and the last acknowledgements are sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::{
    AckMode, AsyncClient, Broker, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, Packet,
    Publish, PublishOptions, QoS, SessionMode, SubscribeFilterInput, SubscribeReasonCode,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::backoff::{Backoff, STABLE, jitter};
use super::is_counted;
use crate::counts::{Counters, count};
use crate::task::{Stop, Task, Tasks, stopped};
use edge_proto::Secret;

/// What a connection needs.
#[derive(Clone, Debug)]
pub(crate) struct LinkOptions {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: Option<Secret>,
    pub(crate) password: Option<Secret>,
    pub(crate) client_id: String,
    /// Whether the broker keeps our session while we are away.
    pub(crate) is_persistent: bool,
    pub(crate) filters: Vec<String>,
}

/// How the connection stands.
#[derive(Clone, Debug)]
pub(crate) enum LinkState {
    /// Not connected; what the last attempt ended with.
    Away(Option<Arc<LinkError>>),
    /// Connected and subscribed.
    Up,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("{}", trimmed(.0))]
    Connection(ConnectionError),
    #[error("the broker refuses the subscription to {filter}")]
    Subscription { filter: String },
}

/// A message that arrived.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) topic: String,
    pub(crate) payload: bytes::Bytes,
    pub(crate) ack: Ack,
}

/// Goes back when its message is stored. Without it the broker delivers the message again.
#[derive(Debug)]
pub(crate) struct Ack {
    publish: Publish,
    /// Acknowledgements are for the connection that the message came on: on the next one the broker
    /// has not sent it yet, and the client takes an unexpected acknowledgement for an error.
    connection: u64,
}

/// What comes out of the link, and what goes back into it.
#[derive(Debug)]
pub(crate) struct Received {
    /// Sent by the link's task; closed when the platform stops. Holds [`CAPACITY`] messages.
    pub(crate) messages: mpsc::Receiver<Inbound>,
    /// Sent by the reader of `messages`; dropping it lets the link's task end. No more than arrived.
    pub(crate) acks: mpsc::UnboundedSender<Ack>,
}

/// Publishes, and knows how the connection stands.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    client: AsyncClient,
    state: watch::Receiver<LinkState>,
    received: watch::Receiver<u64>,
}

/// The message could not be handed to the client: too many are waiting.
#[derive(Debug, thiserror::Error)]
#[error("too many messages wait for the broker")]
pub(crate) struct Busy;

const MAX_PACKET: usize = 16 * 1024 * 1024;
const KEEP_ALIVE_SECONDS: u16 = 30;
/// What may wait to be sent.
const REQUESTS: usize = 16 * 1024;
const BATCH: usize = 128;

/// What may wait to be stored. QoS 0 messages take no more than [`UNCONFIRMED`] of it, so that there is
/// room for everything that a broker may send before it must wait for acknowledgements.
const CAPACITY: usize = 65_536 + UNCONFIRMED;
const UNCONFIRMED: usize = 16 * 1024;

const GOODBYE: Duration = Duration::from_secs(3);

impl Link {
    /// Publishes with QoS 1, not retained.
    pub(crate) fn publish(&self, topic: String, payload: Vec<u8>) -> Result<(), Busy> {
        self.client.try_publish(topic, payload, PublishOptions::at_least_once()).map_err(|_| Busy)
    }

    /// Publishes with QoS 1; the broker keeps it for those who subscribe later.
    pub(crate) fn publish_retained(&self, topic: String, payload: Vec<u8>) -> Result<(), Busy> {
        let options = PublishOptions::at_least_once().retained();
        self.client.try_publish(topic, payload, options).map_err(|_| Busy)
    }

    /// Publishes with QoS 0, not retained; nothing is kept for a broker that is away.
    pub(crate) fn publish_unconfirmed(&self, topic: String, payload: Vec<u8>) {
        if self.is_up() {
            let _ = self.client.try_publish(topic, payload, PublishOptions::at_most_once());
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        matches!(*self.state.borrow(), LinkState::Up)
    }

    /// Waits until connected and subscribed. Cancel safe.
    pub(crate) async fn up(&self) {
        let mut state = self.state.clone();
        if state.wait_for(|state| matches!(state, LinkState::Up)).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the number of messages that were received, repetitions aside, is enough. Cancel safe.
    pub(crate) async fn received(&self, mut is_enough: impl FnMut(u64) -> bool) {
        let _ = self.received.clone().wait_for(|count| is_enough(*count)).await;
    }

    pub(crate) fn state(&self) -> LinkState {
        self.state.borrow().clone()
    }

    /// Waits for the next connection. Cancel safe.
    pub(crate) async fn connected(states: &mut watch::Receiver<LinkState>) {
        loop {
            if states.changed().await.is_err() {
                return std::future::pending().await;
            }
            if matches!(*states.borrow_and_update(), LinkState::Up) {
                return;
            }
        }
    }

    /// The states to come, and the present one.
    pub(crate) fn states(&self) -> watch::Receiver<LinkState> {
        let mut states = self.state.clone();
        states.mark_changed();
        states
    }
}

/// Starts to connect, and keeps connecting until `stop`.
pub(crate) fn start(
    options: LinkOptions,
    counters: Arc<Counters>,
    stop: Stop,
    tasks: &Tasks,
) -> (Link, Received, Task) {
    let (client, mut events) = AsyncClient::builder(mqtt_options(&options)).capacity(REQUESTS).build();
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    events.set_network_options(network);
    let (messages, received) = mpsc::channel(CAPACITY);
    let (acks, returned) = mpsc::unbounded_channel();
    let (state, watched) = watch::channel(LinkState::Away(None));
    let (received_count, watched_count) = watch::channel(0);
    let poller = Poller {
        client: client.clone(),
        filters: options.filters,
        counters,
        state,
        received: received_count,
        messages: Some(messages),
        acks: VecDeque::new(),
        connection: 0,
        connected_at: None,
        backoff: Backoff::default(),
    };
    let task = tasks.spawn("link", poller.run(events, returned, stop));
    (Link { client, state: watched, received: watched_count }, Received { messages: received, acks }, task)
}

/// The state of the one task that polls.
struct Poller {
    client: AsyncClient,
    filters: Vec<String>,
    counters: Arc<Counters>,
    state: watch::Sender<LinkState>,
    /// Counts what the embedded broker counts.
    received: watch::Sender<u64>,
    /// `None`: the platform stops, and takes no more messages.
    messages: Option<mpsc::Sender<Inbound>>,
    /// Waiting for room in the client's queue, in order.
    acks: VecDeque<Ack>,
    /// Counts connections.
    connection: u64,
    connected_at: Option<Instant>,
    backoff: Backoff,
}

impl Poller {
    async fn run(self, mut events: EventLoop, mut acks: mpsc::UnboundedReceiver<Ack>, stop: Stop) {
        let poller = Mutex::new(self);
        // Side by side in one task, and none is cancelled while the others go on: a poll that is
        // dropped in the middle of a write loses the packet.
        tokio::select! {
            () = poll(&poller, &mut events) => {}
            // The reader has stored what it got.
            () = return_acks(&poller, &mut acks) => {}
            () = take_no_more(&poller, stop) => {}
        }
        let poller = poller.into_inner().unwrap_or_else(PoisonError::into_inner);
        let _ = tokio::time::timeout(GOODBYE, poller.say_goodbye(events)).await;
    }

    /// How long to wait before polling again: after an error, which is also the end of a connection.
    fn on_event(
        &mut self,
        event: Result<Event, ConnectionError>,
        events: &mut EventLoop,
    ) -> Option<Duration> {
        match event {
            Err(error) => {
                forget_received(events);
                return Some(self.on_error(LinkError::Connection(error)));
            }
            Ok(Event::Incoming(Packet::ConnAck(_))) => self.on_connected(),
            Ok(Event::Incoming(Packet::SubAck(ack))) => return self.on_subscribed(&ack.return_codes, events),
            Ok(Event::Incoming(Packet::Publish(publish))) => self.on_message(publish),
            Ok(_) => {}
        }
        None
    }

    fn on_connected(&mut self) {
        self.connection += 1;
        count(&self.counters.broker_connections);
        self.connected_at = Some(Instant::now());
        let filters = self.filters.iter().map(|filter| SubscribeFilterInput::new(filter, QoS::AtLeastOnce));
        // Every time, whatever the broker says of our session: some say it is there and lost it.
        if self.client.try_subscribe_many(filters).is_err() {
            tracing::error!("no room for the subscription");
        }
    }

    fn on_subscribed(&mut self, codes: &[SubscribeReasonCode], events: &mut EventLoop) -> Option<Duration> {
        let Some(index) = codes.iter().position(|code| matches!(code, SubscribeReasonCode::Failure)) else {
            tracing::debug!("connected to the broker and subscribed");
            self.state.send_replace(LinkState::Up);
            return None;
        };
        // The connection is good, the subscription is not: some clusters refuse one while they elect a
        // leader. The next connection asks again.
        events.clean();
        forget_received(events);
        let filter = self.filters.get(index).cloned().unwrap_or_default();
        Some(self.on_error(LinkError::Subscription { filter }))
    }

    /// Keeps the cause, and says how long to wait.
    fn on_error(&mut self, error: LinkError) -> Duration {
        if self.connected_at.take().is_some_and(|at| at.elapsed() >= STABLE) {
            self.backoff.reset();
        }
        let delay = self.backoff.next(jitter());
        tracing::warn!(%error, ?delay, "no connection to the broker");
        self.connection += 1;
        self.state.send_replace(LinkState::Away(Some(Arc::new(error))));
        delay
    }

    fn on_message(&mut self, publish: Publish) {
        let Some(messages) = &self.messages else { return };
        count(&self.counters.messages);
        let is_confirmed = publish.qos != QoS::AtMostOnce;
        if !is_confirmed && messages.capacity() <= CAPACITY - UNCONFIRMED {
            count(&self.counters.dropped);
            return;
        }
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        let payload = publish.payload.clone();
        let is_new = is_confirmed && !publish.dup && !publish.retain && is_counted(&topic);
        let ack = Ack { publish, connection: self.connection };
        if messages.try_send(Inbound { topic, payload, ack }).is_err() && is_confirmed {
            // Not acknowledged, so it comes again with the next connection.
            tracing::warn!("no room for a message of the broker");
        }
        if is_new {
            self.received.send_modify(|count| *count += 1);
        }
    }

    fn send_acks(&mut self) {
        while let Some(ack) = self.acks.front() {
            if ack.connection == self.connection && self.client.try_ack(&ack.publish).is_err() {
                // The client's queue is full; it is emptied by polling.
                return;
            }
            self.acks.pop_front();
        }
    }

    /// Sends the last acknowledgements and DISCONNECT, which keeps a persistent session.
    async fn say_goodbye(mut self, mut events: EventLoop) {
        let is_up = matches!(*self.state.borrow(), LinkState::Up);
        if !is_up {
            return;
        }
        self.send_acks();
        while !self.acks.is_empty() {
            if events.poll().await.is_err() {
                return;
            }
            self.send_acks();
        }
        if self.client.try_disconnect_with_timeout(GOODBYE).is_err() {
            return;
        }
        while events.poll().await.is_ok() {}
    }
}

/// What came on the old connection and was not handed over cannot be acknowledged on a new one, where
/// it comes again.
fn forget_received(events: &mut EventLoop) {
    events.state.events.retain(|event| !matches!(event, Event::Incoming(Packet::Publish(_))));
}

/// Polls for ever; waits between connections.
async fn poll(poller: &Mutex<Poller>, events: &mut EventLoop) {
    loop {
        let event = events.poll().await;
        let delay = lock(poller).on_event(event, events);
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        lock(poller).send_acks();
    }
}

/// Hands acknowledgements to the client, until the reader is gone.
async fn return_acks(poller: &Mutex<Poller>, acks: &mut mpsc::UnboundedReceiver<Ack>) {
    while let Some(ack) = acks.recv().await {
        let mut poller = lock(poller);
        poller.acks.push_back(ack);
        poller.send_acks();
    }
}

/// Takes no more messages once the platform stops; what was taken is still acknowledged.
async fn take_no_more(poller: &Mutex<Poller>, stop: Stop) {
    stopped(stop).await;
    lock(poller).messages = None;
    std::future::pending().await
}

fn lock(poller: &Mutex<Poller>) -> MutexGuard<'_, Poller> {
    poller.lock().unwrap_or_else(PoisonError::into_inner)
}

fn mqtt_options(options: &LinkOptions) -> MqttOptions {
    let mut mqtt = MqttOptions::new(&options.client_id, Broker::tcp(&options.host, options.port));
    mqtt.set_keep_alive(KEEP_ALIVE_SECONDS);
    mqtt.set_max_packet_size(MAX_PACKET, MAX_PACKET);
    mqtt.set_max_request_batch(BATCH);
    mqtt.set_ack_mode(AckMode::Manual);
    mqtt.set_session_mode(if options.is_persistent { SessionMode::Persistent } else { SessionMode::Clean });
    match (&options.user, &options.password) {
        (Some(user), Some(password)) => {
            mqtt.set_credentials(user.expose(), password.expose().to_owned());
        }
        (Some(user), None) => {
            mqtt.set_username(user.expose());
        }
        (None, _) => {}
    }
    mqtt
}

/// rumqttc puts causes into the text that it also gives as source; what is left here is the text.
fn trimmed(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Io(error) => error.to_string(),
        ConnectionError::ConnectionRefused(code) => format!("the broker refuses the connection: {code:?}"),
        other => other.to_string(),
    }
}
