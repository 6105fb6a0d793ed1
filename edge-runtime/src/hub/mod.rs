//! What the devices on one link share: the outbox, the way of commands to their devices, and whether
//! there is a connection.

mod again;
mod devices;
mod inbound;
#[cfg(test)]
mod tests;
mod upkeep;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use edge_proto::DeviceId;
use edge_proto::payload::{self, Presence, PresenceStatus};
use edge_proto::topic::{self, DeviceStream};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::runtime::Handle;
use tokio::sync::{Notify, OnceCell, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tracing::Instrument as _;

use self::devices::Devices;
pub(crate) use self::devices::Move;
pub(crate) use self::inbound::{Inbound, Target};
use crate::clock::WallClock;
use crate::delivery::{Acks, Delivery};
use crate::ending::Ended;
use crate::future::BoxFuture;
use crate::link::{Dialect, Hello, Link, LinkError, Will};
use crate::lock::lock;
use crate::metrics::LinkMetrics;
use crate::news::News;
use crate::origin::Origin;
use crate::outbox::{Outbox, OutboxConfig};
use crate::platform::Platform;

/// Whether there is a connection.
#[derive(Clone, Debug)]
pub(crate) enum Status {
    /// Not yet.
    Starting,
    /// Connected. What commands arrive is each device's own matter: see its origin's standing.
    Online,
    /// Not, and why.
    Offline(Arc<LinkError>),
    /// Not, and never again.
    Ended,
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

    /// Closes it.
    fn close(self: Arc<Self>) -> BoxFuture<'static, ()>;

    /// How it ended, unless somebody was told.
    fn take_untold(&self) -> Ended;

    /// Ends it at once, as if it had died.
    fn abort(self: Arc<Self>, ended: Ended);
}

/// Why a device cannot join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unjoined {
    /// Its serial number is on this link already.
    Taken,
    /// The link is closed.
    Closed,
}

/// See the module.
pub(crate) struct Hub {
    /// Under its name the connection is known to the broker, and its death is the will.
    owner: DeviceId,
    link: Arc<dyn Link>,
    config: OutboxConfig,
    /// What time it is for its devices.
    pub(crate) clock: Arc<WallClock>,
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
    /// Where its first device was started: its tasks run there, wherever they are begun.
    runtime: OnceLock<Handle>,
    /// Looks after the outbox.
    keeper: Mutex<Option<JoinHandle<()>>>,
    /// Measures the outbox, from the first device on.
    measuring: Mutex<Option<AbortHandle>>,
}

impl Hub {
    pub(crate) fn new(owner: DeviceId, platform: &Platform) -> Arc<Self> {
        let (link, config, clock) = (platform.shared_link(), platform.outbox_config(), platform.clock());
        let news = Arc::new(News::default());
        let metrics = Arc::new(LinkMetrics::new(owner.as_str()));
        let order = link.dialect().order();
        let outbox = Outbox::new(Arc::clone(&news), config.capacity, order, Arc::clone(&metrics));
        Arc::new(Self {
            owner,
            outbox: outbox.with_clock(Arc::clone(&clock)),
            link,
            config,
            clock,
            store: OnceCell::new(),
            acks: Acks::new(news),
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

    /// What is spoken over the link.
    pub(crate) fn dialect(&self) -> Dialect {
        self.link.dialect()
    }

    /// What a connection says that has ended already, and does not know it yet, is not heard.
    pub(crate) fn set_status(&self, status: Status) {
        self.status.send_if_modified(|now| {
            if matches!(now, Status::Ended) {
                return false;
            }
            // Here, so that one does not overtake the other.
            match &status {
                Status::Online => self.metrics.online(),
                Status::Offline(error) => self.metrics.lost(error),
                Status::Starting | Status::Ended => self.metrics.disconnected(),
            }
            *now = status;
            true
        });
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
            self.outbox.news.tell();
            return;
        }
        let will = self.dialect().is_native().then(|| self.will());
        let hello = Hello { client_id: topic::client_id(&self.owner), will };
        let run = self.link.run(hello, Box::new(Delivery::new(Arc::clone(self))));
        let hub = Arc::clone(self);
        let span = tracing::info_span!(parent: None, "link", owner = %self.owner, endpoint = self.endpoint());
        let connection_task = async move {
            // None of these ever ends. They are asked when they are woken, and not with every message.
            let others: [BoxFuture<'_, ()>; 3] =
                [Box::pin(hub.announce()), Box::pin(hub.ask_again()), Box::pin(hub.settle())];
            let mut others = FuturesUnordered::from_iter(others);
            tokio::select! {
                biased;
                () = run => {}
                _ = others.next() => {}
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

    /// Lets something go on by itself, on the runtime where the devices were started; wherever this is. Before the first
    /// of them there is nothing that would need one.
    pub(crate) async fn run(&self, future: impl Future<Output = ()> + Send + 'static) {
        match self.runtime.get() {
            Some(runtime) => drop(runtime.spawn(future)),
            None => future.await,
        }
    }

    /// Waits until everything is delivered and goodbye is said, at most `timeout`; then ends the
    /// connection all the same.
    pub(crate) async fn close(&self, timeout: Duration) {
        self.closing.store(true, Ordering::Relaxed);
        self.outbox.news.tell();
        let connection = self.connection().take();
        if let Some(mut connection) = connection {
            // Without a connection there is nobody to say goodbye to.
            let timeout = if self.is_online() { timeout } else { Duration::ZERO };
            if tokio::time::timeout(timeout, &mut connection).await.is_err() {
                connection.abort();
                // Its socket is closed when this returns.
                let _ = connection.await;
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

    /// There is no connection any more, and never will be; one that was told to end may be in the middle of something.
    fn end(&self) {
        lock(&self.keeper).take().inspect(JoinHandle::abort);
        lock(&self.measuring).take().inspect(AbortHandle::abort);
        self.outbox.close();
        self.set_status(Status::Ended);
        self.metrics.outbox(self.outbox.pending(), Duration::ZERO, self.outbox.barred());
    }
}

/// Short: receipts and builders show it as well.
impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("owner", &self.owner).finish_non_exhaustive()
    }
}
