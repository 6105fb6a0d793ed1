//! What the devices on one link share: the outbox, the way of commands to their devices, and whether
//! there is a connection.

mod upkeep;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use edge_proto::DeviceId;
use edge_proto::payload::{self, Presence, PresenceStatus};
use edge_proto::topic::{self, DeviceStream, Stream, Topic};
use tokio::runtime::Handle;
use tokio::sync::{Notify, OnceCell, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::backoff::Backoff;
use crate::delivery::{AckGuard, Acks, Delivery};
use crate::future::BoxFuture;
use crate::link::{Dialect, Hello, Link, LinkError, Received, Will};
use crate::listening::Channel;
use crate::lock::lock;
use crate::metrics::LinkMetrics;
use crate::origin::{Origin, Standing};
use crate::outbox::{Outbox, OutboxConfig};

/// The whole state of a device is published no more often than this, however often it is asked for.
const ANNOUNCE_INTERVAL: Duration = Duration::from_millis(500);
/// How long commands for devices that are not here wait for them, from the first connection on: a session that the
/// broker has kept may have commands for devices that start a little later.
const SETTLE: Duration = Duration::from_secs(10);
/// How many commands may wait like that.
const EARLY: usize = 1024;

/// What a command is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Asset(String),
    /// Several assets, named in the payload.
    Several,
    Action(String),
}

/// A command on its way to its device.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) target: Target,
    pub(crate) payload: Bytes,
    /// Kept by the broker from before: not to be run.
    pub(crate) retained: bool,
    pub(crate) ack: AckGuard,
}

/// Whether there is a connection.
#[derive(Clone, Debug)]
pub(crate) enum Status {
    /// Not yet.
    Starting,
    /// Connected. What commands arrive is each device's own matter: see its origin's standing.
    Online,
    /// Not, and why.
    Offline(Arc<LinkError>),
}

/// What the hub knows of a device: where its commands go, and who can say again how it is.
pub(crate) trait Endpoint: Send + Sync + fmt::Debug {
    fn origin(&self) -> &Arc<Origin>;

    /// Takes a command. Returns at once.
    fn take(self: Arc<Self>, command: Inbound);

    /// Publishes the whole state again.
    fn announce(&self);

    /// Transactions up to this one are of an earlier life, and not delivered yet.
    fn resume_after(&self, seq: u64);

    /// A transaction of its was stored, or will never be.
    fn settled(&self, seq: u64, is_stored: bool);

    /// Closes it; returns how many of its messages were not acknowledged.
    fn close(self: Arc<Self>) -> BoxFuture<'static, usize>;
}

/// A message that arrived, for whatever device.
#[derive(Debug)]
struct Arrived {
    topic: String,
    payload: Bytes,
    retained: bool,
    ack: AckGuard,
}

impl Arrived {
    fn device(&self) -> &str {
        Topic::parse(&self.topic).and_then(|topic| topic.device()).unwrap_or_default()
    }

    fn is_command(&self) -> bool {
        matches!(
            Topic::parse(&self.topic),
            Some(
                Topic::Asset { stream: Stream::Command, .. }
                    | Topic::Device { stream: DeviceStream::Command, .. }
                    | Topic::Action { .. }
            )
        )
    }
}

/// A device that came or went while the connection lasts.
#[derive(Debug)]
pub(crate) enum Move {
    Joined(Arc<Origin>),
    Left(Arc<Origin>),
    /// Its subscription was refused, and it asks again.
    Asks(Arc<Origin>),
    /// It wants to hear a channel.
    Listens(Arc<Origin>, Channel),
    /// Nobody listens to it any more.
    Ignores(Arc<Origin>, Channel),
}

/// Why a device cannot join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unjoined {
    /// Its serial number is on this link already.
    Taken,
    /// The link is closed.
    Closed,
}

#[derive(Debug, Default)]
struct Devices {
    members: HashMap<DeviceId, Arc<dyn Endpoint>>,
    /// Heard by the link's task, which forgets them when it connects.
    moves: Vec<Move>,
    /// Asked to publish their state again; heard by the announcer.
    to_announce: HashSet<DeviceId>,
    /// Refused their subscriptions; heard by who asks again.
    refused: Vec<Arc<Origin>>,
    /// Commands for devices that are not here yet, or that are and get what came before first.
    early: Vec<Arrived>,
    /// Here, and given what came early.
    joining: HashSet<DeviceId>,
    /// All that start with the program are here, or will not come.
    has_settled: bool,
}

impl Devices {
    /// Whether a device is there, and not another one under its serial number.
    fn has(&self, origin: &Arc<Origin>) -> bool {
        self.members.get(&origin.id).is_some_and(|it| Arc::ptr_eq(it.origin(), origin))
    }
}

/// Held while a device closes.
#[must_use]
#[derive(Debug)]
pub(crate) struct Departure<'a>(&'a Hub);

impl Drop for Departure<'_> {
    fn drop(&mut self) {
        self.0.departing.fetch_sub(1, Ordering::Relaxed);
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Hub {
    /// Under its name the connection is known to the broker, and its death is the will.
    owner: DeviceId,
    link: Arc<dyn Link>,
    config: OutboxConfig,
    pub(crate) outbox: Outbox,
    /// Opened when the first device comes that has something to store.
    store: OnceCell<()>,
    pub(crate) acks: Acks,
    pub(crate) metrics: Arc<LinkMetrics>,
    devices: Mutex<Devices>,
    /// There are moves that nobody has heard.
    has_moved: AtomicBool,
    announce: Notify,
    refused: Notify,
    status: watch::Sender<Status>,
    closing: AtomicBool,
    /// How many devices are closing.
    departing: AtomicUsize,
    connection: Mutex<Option<JoinHandle<()>>>,
    /// Where its devices were started: its tasks run there, wherever they are begun.
    runtime: OnceLock<Handle>,
    /// Looks after the outbox.
    keeper: Mutex<Option<JoinHandle<()>>>,
    /// Measures the outbox, from the first device on.
    measuring: Mutex<Option<AbortHandle>>,
}

impl Hub {
    pub(crate) fn new(owner: DeviceId, link: Arc<dyn Link>, config: OutboxConfig) -> Arc<Self> {
        let ready = Arc::new(Notify::new());
        let metrics = Arc::new(LinkMetrics::new(owner.as_str()));
        let order = link.dialect().order();
        Arc::new(Self {
            owner,
            outbox: Outbox::new(Arc::clone(&ready), config.capacity, order, Arc::clone(&metrics)),
            link,
            config,
            store: OnceCell::new(),
            acks: Acks::new(ready),
            metrics,
            devices: Mutex::default(),
            has_moved: AtomicBool::new(false),
            announce: Notify::new(),
            refused: Notify::new(),
            status: watch::Sender::new(Status::Starting),
            closing: AtomicBool::new(false),
            departing: AtomicUsize::new(0),
            connection: Mutex::default(),
            runtime: OnceLock::new(),
            keeper: Mutex::default(),
            measuring: Mutex::default(),
        })
    }

    pub(crate) fn owner(&self) -> &DeviceId {
        &self.owner
    }

    /// The broker's address.
    pub(crate) fn endpoint(&self) -> String {
        self.link.endpoint()
    }

    fn devices(&self) -> MutexGuard<'_, Devices> {
        lock(&self.devices)
    }

    /// What is spoken over the link.
    pub(crate) fn dialect(&self) -> Dialect {
        self.link.dialect()
    }

    /// Adds a device. Its commands arrive from when it has its session: see [`opened`](Self::opened).
    pub(crate) fn join(self: &Arc<Self>, device: Arc<dyn Endpoint>) -> Result<(), Unjoined> {
        let mut devices = self.devices();
        let id = &device.origin().id;
        if devices.members.contains_key(id) {
            return Err(Unjoined::Taken);
        }
        if self.is_closing() {
            return Err(Unjoined::Closed);
        }
        devices.members.insert(id.clone(), Arc::clone(&device));
        devices.joining.insert(id.clone());
        drop(devices);
        while let Some(early) = self.take_early(id) {
            early.into_iter().for_each(|message| self.hand_over(&device, message));
        }
        self.measure();
        Ok(())
    }

    /// What came for a device before it was here; `None` when that is all, and the next one is handed over as it comes.
    fn take_early(&self, id: &DeviceId) -> Option<Vec<Arrived>> {
        let mut devices = self.devices();
        let early = devices.early.extract_if(.., |early| early.device() == id.as_str()).collect::<Vec<_>>();
        if early.is_empty() {
            devices.joining.remove(id);
            return None;
        }
        Some(early)
    }

    /// A device that joined has its session: it is subscribed and announced, and what it has in the
    /// outbox may go.
    pub(crate) fn opened(self: &Arc<Self>, origin: &Arc<Origin>) {
        self.note(Move::Joined(Arc::clone(origin)));
        self.outbox.release();
        self.tell();
        self.connect();
    }

    /// Takes a device out.
    pub(crate) fn leave(&self, origin: &Arc<Origin>) {
        let mut devices = self.devices();
        if devices.has(origin) {
            devices.members.remove(&origin.id);
            drop(devices);
            origin.listening.close();
            self.moved(Move::Left(Arc::clone(origin)));
        }
    }

    /// A device closes, and is in haste to deliver what is left as long as the guard lives.
    pub(crate) fn depart(&self) -> Departure<'_> {
        self.departing.fetch_add(1, Ordering::Relaxed);
        self.outbox.ready.notify_one();
        Departure(self)
    }

    /// Whether a device closes.
    pub(crate) fn is_departing(&self) -> bool {
        self.departing.load(Ordering::Relaxed) > 0
    }

    /// Tells the link's task.
    pub(crate) fn moved(&self, change: Move) {
        self.note(change);
        self.outbox.ready.notify_one();
    }

    fn note(&self, change: Move) {
        let mut devices = self.devices();
        devices.moves.push(change);
        self.has_moved.store(true, Ordering::Release);
    }

    /// The devices that have a session.
    pub(crate) fn origins(&self) -> Vec<Arc<Origin>> {
        let devices = self.devices();
        let origins = devices.members.values().map(|device| device.origin());
        origins.filter(|origin| origin.session() > 0).map(Arc::clone).collect()
    }

    pub(crate) fn members(&self) -> Vec<Arc<dyn Endpoint>> {
        self.devices().members.values().map(Arc::clone).collect()
    }

    /// Who came and went since this was last called.
    pub(crate) fn moves(&self) -> Vec<Move> {
        // It is asked for with every message, and there are few.
        if !self.has_moved.load(Ordering::Relaxed) {
            return Vec::new();
        }
        self.has_moved.store(false, Ordering::Relaxed);
        // The lock orders the two: what is noted after this is marked again.
        std::mem::take(&mut self.devices().moves)
    }

    /// Passes a command on to its device, and what it listens to. Anything else is none of ours, and
    /// acknowledged.
    pub(crate) fn receive(&self, message: Received) {
        let ack = self.acks.expect(message.ack);
        if self.is_closing() {
            // Not acknowledged: it comes again when the device is there again.
            return;
        }
        let Received { topic, payload, retained, .. } = message;
        self.deliver(Arrived { topic, payload, retained, ack });
    }

    fn deliver(&self, message: Arrived) {
        let mut devices = self.devices();
        let device = message.device();
        let Some(member) = devices.members.get(device).map(Arc::clone) else {
            if message.is_command() && !devices.has_settled && devices.early.len() < EARLY {
                return devices.early.push(message);
            }
            drop(devices);
            return self.ignore(message);
        };
        if message.is_command() && devices.joining.contains(&member.origin().id) {
            return devices.early.push(message);
        }
        drop(devices);
        self.hand_over(&member, message);
    }

    fn hand_over(&self, member: &Arc<dyn Endpoint>, message: Arrived) {
        let member = Arc::clone(member);
        let device = message.device();
        let traffic = &member.origin().traffic;
        traffic.received.add(1);
        traffic.bytes_received.add(message.payload.len());
        let topic = Topic::parse(&message.topic);
        let target = match topic {
            Some(Topic::Asset { asset, stream: Stream::Command, .. }) => Target::Asset(asset.to_owned()),
            Some(Topic::Device { stream: DeviceStream::Command, .. }) => Target::Several,
            Some(Topic::Action { action, .. }) => Target::Action(action.to_owned()),
            Some(Topic::Asset { asset, stream, .. }) => {
                member.origin().listening.hear(device, asset, stream, &message.payload);
                return message.ack.done();
            }
            _ => {
                self.metrics.ignored();
                tracing::warn!(topic = %message.topic.escape_debug(), "unexpected topic");
                return message.ack.done();
            }
        };
        let Arrived { payload, retained, ack, .. } = message;
        member.take(Inbound { target, payload, retained, ack });
    }

    fn ignore(&self, message: Arrived) {
        self.metrics.ignored();
        tracing::warn!(topic = %message.topic.escape_debug(), "a message for a device that is not here");
        message.ack.done();
    }

    /// The connection is lost: what came on it and was not passed on comes again.
    pub(crate) fn forget_early(&self) {
        let early = std::mem::take(&mut self.devices().early);
        drop(early);
    }

    /// Lets commands go whose devices have not come.
    async fn settle(&self) {
        tokio::time::sleep(SETTLE).await;
        let early = {
            let mut devices = self.devices();
            devices.has_settled = true;
            let Devices { early, joining, .. } = &mut *devices;
            let is_for_nobody = |early: &mut Arrived| !joining.iter().any(|id| id.as_str() == early.device());
            early.extract_if(.., is_for_nobody).collect::<Vec<_>>()
        };
        early.into_iter().for_each(|message| self.ignore(message));
        std::future::pending().await
    }

    /// Lets a device publish its whole state again, soon.
    pub(crate) fn ask_to_announce(&self, origin: &Origin) {
        self.devices().to_announce.insert(origin.id.clone());
        self.announce.notify_one();
    }

    async fn announce(&self) {
        loop {
            self.announce.notified().await;
            let asked = std::mem::take(&mut self.devices().to_announce);
            for device in asked {
                let member = self.devices().members.get(&device).map(Arc::clone);
                member.inspect(|device| device.announce());
            }
            // Whoever asks meanwhile is heard after this, once.
            tokio::time::sleep(ANNOUNCE_INTERVAL).await;
        }
    }

    /// The broker does not let a device have its commands: it asks again, later.
    pub(crate) fn refused(&self, origin: &Arc<Origin>) {
        self.devices().refused.push(Arc::clone(origin));
        self.refused.notify_one();
    }

    /// Asks again, ever less often: a cluster refuses subscriptions while it elects, and a permission may be given
    /// later.
    async fn ask_again(&self) {
        let mut backoff = Backoff::default();
        let mut asked = Instant::now();
        loop {
            self.refused.notified().await;
            backoff.lasted(asked.elapsed());
            tokio::time::sleep(backoff.next(fastrand::f64())).await;
            let refused = std::mem::take(&mut self.devices().refused);
            let refused =
                refused.into_iter().filter(|origin| matches!(origin.standing(), Standing::Refused(_)));
            refused.map(Move::Asks).for_each(|change| self.note(change));
            asked = Instant::now();
            self.outbox.ready.notify_one();
        }
    }

    pub(crate) fn set_status(&self, status: Status) {
        if let Status::Offline(error) = &status {
            self.metrics.lost(error);
        }
        self.status.send_replace(status);
    }

    /// Wakes who waits for a change of status: something about one device has changed.
    pub(crate) fn tell(&self) {
        self.status.send_modify(|_| {});
    }

    pub(crate) fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    pub(crate) fn is_online(&self) -> bool {
        matches!(*self.status.borrow(), Status::Online)
    }

    /// Whether there is no connection, and that has been said.
    pub(crate) fn is_offline(&self) -> bool {
        matches!(*self.status.borrow(), Status::Offline(_))
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    fn connection(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        lock(&self.connection)
    }

    /// Starts the connection, if that was not done before.
    fn connect(self: &Arc<Self>) {
        let mut connection = self.connection();
        if connection.is_some() || self.is_closing() {
            self.outbox.ready.notify_one();
            return;
        }
        let will = self.dialect().is_native().then(|| self.will());
        let hello = Hello { client_id: topic::client_id(&self.owner), will };
        let run = self.link.run(hello, Box::new(Delivery::new(Arc::clone(self))));
        let hub = Arc::clone(self);
        let span = tracing::info_span!(parent: None, "link", owner = %self.owner, endpoint = self.endpoint());
        let connection_task = async move {
            tokio::select! {
                () = run => {}
                () = hub.announce() => {}
                () = hub.ask_again() => {}
                () = hub.settle() => {}
            }
        };
        *connection = Some(tokio::spawn(connection_task.instrument(span)));
    }

    /// The owner's death. A host has no session; the devices that are connected through it have.
    fn will(&self) -> Will {
        let session = self.devices().members.get(&self.owner).map_or(0, |owner| owner.origin().session());
        let presence = Presence { status: PresenceStatus::Offline, session, via: None };
        let topic = topic::device(&self.owner, DeviceStream::Presence);
        Will { topic, payload: payload::to_json(&presence).into() }
    }

    /// Waits until everything is delivered and goodbye is said, at most `timeout`; then ends the
    /// connection all the same.
    pub(crate) async fn close(&self, timeout: Duration) {
        self.closing.store(true, Ordering::Relaxed);
        self.outbox.ready.notify_one();
        let connection = self.connection().take();
        if let Some(connection) = connection {
            let abort = connection.abort_handle();
            // Without a connection there is nobody to say goodbye to.
            let timeout = if self.is_online() { timeout } else { Duration::ZERO };
            if tokio::time::timeout(timeout, connection).await.is_err() {
                abort.abort();
            }
        }
        self.end();
        self.outbox.close_store().await;
    }

    /// Ends the connection at once, as if the program had died.
    pub(crate) fn abort(&self) {
        self.closing.store(true, Ordering::Relaxed);
        if let Some(connection) = self.connection().take() {
            connection.abort();
        }
        self.end();
        self.outbox.end_store();
    }

    /// There is no connection any more, and never will be.
    fn end(&self) {
        lock(&self.keeper).take().inspect(JoinHandle::abort);
        lock(&self.measuring).take().inspect(AbortHandle::abort);
        self.outbox.close();
        self.metrics.outbox(self.outbox.pending(), Duration::ZERO);
        self.metrics.disconnected();
    }
}
