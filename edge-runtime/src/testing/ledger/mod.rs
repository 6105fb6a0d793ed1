//! A broker that does what it is told, and writes down what it hears before it acknowledges it.

mod connection;
mod packet;
mod record;
mod script;
mod session;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

pub use record::{Connect, Event, LastWill, Ledger, Publish, Record, Subscribe, Unsubscribe};
pub use script::Cut;

use connection::Connection;
use script::Script;
use session::Session;

use crate::lock::lock;
use crate::until::until;

/// Tells a connection what to do.
#[derive(Debug)]
enum Order {
    Send(Bytes),
    Cut(Cut),
    HalfClose,
    /// Another connection has the client id.
    Taken,
}

/// How fast the broker reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pace {
    #[default]
    Free,
    /// Reads so many bytes in a second.
    Slow(u32),
    /// Neither reads nor writes.
    Stalled,
}

#[derive(Debug, Default)]
struct State {
    ledger: Ledger,
    script: Script,
    /// By client id.
    sessions: HashMap<String, Session>,
    /// To the tasks of the connections; closed when they have ended. Unbounded: a broker in a test must not
    /// wait for its client.
    connections: HashMap<usize, mpsc::UnboundedSender<Order>>,
    /// What was not acknowledged because it was told so: connection and packet id.
    withheld: Vec<(usize, u16)>,
    accepted: usize,
}

impl State {
    fn order(&self, connection: usize, order: Order) {
        if let Some(orders) = self.connections.get(&connection) {
            // One that has ended hears nothing any more.
            let _ = orders.send(order);
        }
    }

    fn deliver(&mut self, topic: &[u8], payload: &Bytes, again: bool) {
        let mut packets = Vec::new();
        for session in self.sessions.values_mut().filter(|session| session.wants(topic)) {
            let packet_id = session.keep(topic, payload.clone());
            if let Some(connection) = session.connection {
                packets.extend(session.fresh().into_iter().map(|packet| (connection, packet)));
                if again {
                    packets.push((connection, packet::message(topic, payload, packet_id, true)));
                }
            }
        }
        packets.into_iter().for_each(|(connection, packet)| self.order(connection, Order::Send(packet)));
    }
}

/// What the handles and the connections share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Tells who waits that something was written down.
    changed: Notify,
    pace: watch::Sender<Pace>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn write(&self, connection: usize, event: Event) {
        self.lock().ledger.write(connection, event);
        self.changed.notify_waiters();
    }
}

/// Ends the tasks with the last handle.
#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
    address: SocketAddr,
    accept: AbortHandle,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

/// An MQTT 3.1.1 broker on a port of this machine, for tests of what becomes of a device when its broker does not
/// do what brokers should.
///
/// It appends every message to its [`Ledger`] before it acknowledges it, so that what was acknowledged and
/// is not in the ledger does not exist. Until it is told otherwise it is a good broker for QoS 0 and 1: it keeps the
/// sessions of clients that ask for it, sends again what they have not acknowledged, says their last wills, and ends
/// connections that were silent for one and a half keep-alives. It does not pass messages on from client to
/// client: what a client gets is what [`publish`](Self::publish) says.
///
/// Clones are the same broker; it ends with the last of them. Its methods return at once. Wait for what they
/// lead to with [`wait`](Self::wait).
///
/// ```
/// # use edge_runtime::{Device, testing::{Cut, LedgerBroker, MemoryPlatform, SteadyClock}};
/// # #[derive(Device, Clone)]
/// # struct Lamp {
/// #     #[asset(kind = "sensor", max = 100)]
/// #     brightness: u8,
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
/// let _clock = SteadyClock::start();
/// let broker = LedgerBroker::start().await?;
/// let platform = MemoryPlatform::new().with_broker(&broker.url())?;
/// let lamp = platform.device("LAMP-1", Lamp { brightness: 0 }).connect().await?;
/// // The broker reads the next message, and dies.
/// broker.cut_after(&[1], Cut::Forget);
/// lamp.set_brightness(40).await?.delivered().await?;
/// broker.look(|ledger| assert_eq!(ledger.connects().count(), 2));
/// # lamp.close().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct LedgerBroker(Arc<Owner>);

impl LedgerBroker {
    /// Starts one on a free port of this machine.
    ///
    /// # Errors
    /// When there is none.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Mutex::default();
        let shared = Arc::new(Shared { state, changed: Notify::new(), pace: watch::Sender::default() });
        let accept = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self(Arc::new(Owner { shared, address, accept })))
    }

    /// Its address, as `mqtt://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.0.address)
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.shared.lock()
    }

    fn script(&self, edit: impl FnOnce(&mut Script)) {
        edit(&mut self.lock().script);
    }

    fn order(&self, order: impl Fn() -> Order) {
        let state = self.lock();
        state.connections.keys().for_each(|&connection| state.order(connection, order()));
    }

    /// Looks at what was written down. Nothing is written meanwhile.
    pub fn look<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&self.lock().ledger)
    }

    /// Waits until the ledger is as wanted.
    ///
    /// Cancel safe.
    pub async fn wait(&self, wanted: impl Fn(&Ledger) -> bool) {
        until(&self.0.shared.changed, || self.look(&wanted).then_some(())).await;
    }

    // Connecting

    /// Answers the next CONNECTs with these codes, 1 to 5, and closes their connections.
    pub fn refuse(&self, codes: &[u8]) {
        self.script(|script| script.refusals.extend(codes));
    }

    /// Does not answer the next CONNECTs at all.
    pub fn withhold_connacks(&self, times: usize) {
        self.script(|script| script.silent_connects = times);
    }

    /// Breaks the next connections as soon as they are accepted.
    pub fn cut_on_connect(&self, times: usize) {
        self.script(|script| script.cuts_on_connect = times);
    }

    /// Says in the next CONNACK that there is a session, or that there is none, whatever is true; what
    /// was kept of the client is forgotten with `false`.
    pub fn set_session_present(&self, present: bool) {
        self.script(|script| script.session = Some(present));
    }

    /// Forgets what it has kept of its clients: subscriptions and what they have not acknowledged. Who is
    /// connected stays so, and hears nothing any more.
    pub fn forget_sessions(&self) {
        self.lock().sessions.clear();
    }

    // Messages from clients

    /// Breaks the connection after so many messages, of which the last is written down and not acknowledged;
    /// the next one after so many more, sent again or not, and so on. What was planned before comes first.
    pub fn cut_after(&self, messages: &[usize], cut: Cut) {
        self.script(|script| script.plan_cuts(messages, cut));
    }

    /// Never acknowledges the n-th message from now, counted from 1; see
    /// [`release_pubacks`](Self::release_pubacks).
    pub fn withhold_puback(&self, nth: usize) {
        self.script(|script| script.withhold(nth));
    }

    /// With `true`, acknowledges no message.
    pub fn withhold_pubacks(&self, withhold: bool) {
        self.script(|script| script.withhold_all = withhold);
    }

    /// Acknowledges what was withheld, on the connections that there still are.
    pub fn release_pubacks(&self) {
        let mut state = self.lock();
        for (connection, packet_id) in std::mem::take(&mut state.withheld) {
            state.order(connection, Order::Send(packet::puback(packet_id)));
        }
    }

    /// Acknowledges out of order: up to so many acknowledgements wait while messages come, and one by one are
    /// given in a random order, always the same one. Zero: in order.
    pub fn shuffle_pubacks(&self, waiting: usize) {
        self.script(|script| script.shuffle = waiting);
    }

    /// Acknowledges each of the next messages twice.
    pub fn acknowledge_twice(&self, messages: usize) {
        self.script(|script| script.twice = messages);
    }

    /// Acknowledges, on all connections, what nobody may have sent. Zero is no packet id at all.
    pub fn acknowledge(&self, packet_id: u16) {
        self.order(|| Order::Send(packet::puback(packet_id)));
    }

    /// Closes the connection of whoever publishes on a topic of this filter (without `#`), as brokers do: MQTT
    /// 3.1.1 has no other way to say no. The message is written down and not acknowledged.
    pub fn forbid(&self, filter: &str) {
        self.script(|script| script.forbidden.push(filter.to_owned()));
    }

    /// Takes back all that was [forbidden](Self::forbid).
    pub fn allow_all(&self) {
        self.script(|script| script.forbidden.clear());
    }

    // Subscriptions, and messages to clients

    /// Refuses the next subscriptions, all filters of each (0x80).
    pub fn refuse_subscriptions(&self, times: usize) {
        self.script(|script| script.refuse_subscriptions = times);
    }

    /// Takes the next subscriptions and does not answer them.
    pub fn withhold_subacks(&self, times: usize) {
        self.script(|script| script.withhold_subacks = times);
    }

    /// Delivers a message with QoS 1 to the clients that have subscribed to its topic; who is away and has a
    /// session gets it later. It comes again, with DUP, on every connection until it is acknowledged. The topic may
    /// be no text, the payload of any length: at most 65,535 messages may wait for a client.
    pub fn publish(&self, topic: impl AsRef<[u8]>, payload: impl Into<Bytes>) {
        self.lock().deliver(topic.as_ref(), &payload.into(), false);
    }

    /// As [`publish`](Self::publish), and at once again, with DUP and the same packet id.
    pub fn publish_twice(&self, topic: impl AsRef<[u8]>, payload: impl Into<Bytes>) {
        self.lock().deliver(topic.as_ref(), &payload.into(), true);
    }

    /// Sends bytes as they are on all connections: garbage, half a packet, the header of an endless one.
    pub fn send(&self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        self.order(|| Order::Send(bytes.clone()));
    }

    // Connections

    /// Breaks all connections.
    pub fn cut(&self, cut: Cut) {
        self.order(|| Order::Cut(cut));
    }

    /// Closes its own direction of all connections: it reads on and answers nothing.
    pub fn half_close(&self) {
        self.order(|| Order::HalfClose);
    }

    /// Reads at most so many bytes in a second from each connection; `None`: as fast as it can. The
    /// first megabytes are in the system's buffers before a client notices.
    pub fn read_slowly(&self, bytes_per_second: Option<u32>) {
        self.0.shared.pace.send_replace(bytes_per_second.map_or(Pace::Free, Pace::Slow));
    }

    /// With `true`, neither reads nor writes on any connection, as a program that is stopped; the system still
    /// takes connections and bytes for it.
    pub fn stall(&self, stall: bool) {
        self.0.shared.pace.send_replace(if stall { Pace::Stalled } else { Pace::Free });
    }
}

/// Takes connections until it is aborted, and they end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                // Without it answers wait for each other; a socket that is closed already says so later.
                let _ = stream.set_nodelay(true);
                let (orders, told) = mpsc::unbounded_channel();
                let number = {
                    let mut state = shared.lock();
                    let number = state.accepted;
                    state.accepted += 1;
                    state.connections.insert(number, orders);
                    number
                };
                connections.spawn(Connection::new(number, Arc::clone(&shared)).run(stream, told));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
