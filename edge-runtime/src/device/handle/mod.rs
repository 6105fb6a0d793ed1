//! The handle of a running device: what all devices have in common.

mod closing;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use edge_proto::{DeviceId, ModelDocument};
use tokio::task::JoinHandle;

use super::dynamic::{Dynamic, DynamicError};
use super::error::ConnectError;
use super::listener::{ListenError, Listener};
use super::pipelines::Pipelines;
use super::set::{Receipt, ReceiptId, UnknownReceipt};
use super::timer::Timer;
use super::{Attachment, Device, DeviceBuilder};
use crate::core::{Core, Stats};
use crate::dispatch::Mailbox;
use crate::ending::{CloseError, Ended, Ending};
use crate::future::BoxFuture;
use crate::hub::{Endpoint, Inbound};
use crate::listening::Channel;
use crate::lock::lock;
use crate::model::DeviceModel;
use crate::origin::{Origin, Standing};
use crate::outbox::Batch;
use crate::platform::Platform;
use crate::storage::Storage;

/// A running device. The derive wraps it in a type of its own (`GreenhouseDevice`), which dereferences
/// to this one. Cheap to clone; all clones are the same device.
///
/// The device runs until [`close`](Self::close) is called or the program ends, also when all handles
/// are dropped.
// Without the type of what is shared: whether a handle may go to other threads is asked of rustc once for each device
// of a program, and wherever one goes into a task, and each time it would look through all that a platform is made of.
#[derive(Clone)]
pub struct DeviceHandle(Arc<dyn Running>);

/// Which device it is, and not all that it is made of.
impl fmt::Debug for DeviceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, model) = (self.id().as_str(), self.model().urn);
        f.debug_struct("DeviceHandle").field("id", &id).field("model", &model).finish_non_exhaustive()
    }
}

/// What the handles of a device share.
trait Running: Endpoint {
    fn inner(&self) -> &Inner;
}

/// Of what a device is made, besides its core.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) platform: Platform,
    /// Of which it is a part.
    pub(super) parent: Option<Arc<Origin>>,
    /// Whether the connection is the device's own, and ends with it.
    pub(super) owns_link: bool,
    /// In the model's order.
    pub(super) declared: Vec<DeviceHandle>,
    /// Those that the model declares.
    pub(super) pipelines: Pipelines,
}

#[derive(Debug)]
struct Inner {
    core: Arc<Core>,
    parts: Parts,
    /// Children that were added while it was running, from when they begin to start.
    added: Mutex<Vec<DeviceHandle>>,
    /// How those of them have ended that are not kept any more, and of which nobody was told.
    gone: Mutex<Ended>,
    has_started: AtomicBool,
    mailbox: OnceLock<Arc<Mailbox>>,
    timer: Timer,
    /// Registers a device that started offline.
    background: Mutex<Option<JoinHandle<()>>>,
    /// It is closed for good: nothing of it is kept for a next life.
    removing: AtomicBool,
    /// It has said goodbye, or will not. Held while its session is opened.
    has_left: Mutex<bool>,
    closing: Arc<Ending>,
}

impl DeviceHandle {
    pub(super) fn new(core: Arc<Core>, parts: Parts) -> Self {
        Self(Arc::new(Inner {
            core,
            parts,
            added: Mutex::default(),
            gone: Mutex::new(Ok(())),
            has_started: AtomicBool::new(false),
            mailbox: OnceLock::new(),
            timer: Timer::default(),
            background: Mutex::default(),
            removing: AtomicBool::new(false),
            has_left: Mutex::default(),
            closing: Arc::default(),
        }))
    }

    fn inner(&self) -> &Inner {
        self.0.inner()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.inner().core
    }

    pub(super) fn shared_core(&self) -> Arc<Core> {
        Arc::clone(&self.inner().core)
    }

    pub(super) fn origin(&self) -> &Arc<Origin> {
        &self.core().origin
    }

    pub(super) fn platform(&self) -> &Platform {
        &self.inner().parts.platform
    }

    pub(super) fn parent_origin(&self) -> Option<&Arc<Origin>> {
        self.inner().parts.parent.as_ref()
    }

    pub(super) fn declared(&self) -> &[Self] {
        &self.inner().parts.declared
    }

    pub(crate) fn declared_child(&self, index: usize) -> &Self {
        &self.declared()[index]
    }

    pub(super) fn endpoint(&self) -> Arc<dyn Endpoint> {
        Arc::clone(&self.0) as Arc<dyn Endpoint>
    }

    /// Gives the device its handler. Done once, before it joins its link.
    pub(super) fn own_mailbox(&self, mailbox: Arc<Mailbox>) {
        let _ = self.inner().mailbox.set(mailbox);
    }

    /// From now on what is due is said. Done once, when it joins its link.
    pub(super) fn start_timer(&self) {
        self.inner().timer.start(self.core().hub.runtime().clone());
        let device = Arc::downgrade(&self.0);
        self.core().on_alarm(move || {
            device.upgrade().into_iter().for_each(|device| Self(device).wake_timer());
        });
        // A command that came early may have filled a window already.
        if self.core().has_policies() || !self.pipelines().is_empty() {
            self.wake_timer();
        }
    }

    pub(super) fn timer(&self) -> &Timer {
        &self.inner().timer
    }

    pub(super) fn wake_timer(&self) {
        self.inner().timer.wake(|| self.clone());
    }

    pub(super) fn pipelines(&self) -> &Pipelines {
        &self.inner().parts.pipelines
    }

    pub(super) fn own_background(&self, task: JoinHandle<()>) {
        *lock(&self.inner().background) = Some(task);
    }

    /// From now on a child goes when this one goes, however far it is by then.
    ///
    /// # Errors
    /// When this one goes already.
    pub(super) fn adopt(&self, child: &Self) -> Result<(), ConnectError> {
        let mut added = lock(&self.inner().added);
        // Under the lock: whoever closes it takes all those that were told otherwise.
        if self.is_stopping() {
            return Err(ConnectError::Closed { device: child.id().to_string() });
        }
        let mut gone = lock(&self.inner().gone);
        let ended = added.extract_if(.., |child| child.inner().closing.has_ended());
        *gone = CloseError::together(ended.map(|child| child.take_untold()).chain([*gone]));
        drop(gone);
        added.push(child.clone());
        if self.inner().removing.load(Ordering::SeqCst) {
            child.set_removing();
        }
        Ok(())
    }

    /// From now on it is one of its parent's children.
    pub(super) fn set_started(&self) {
        self.inner().has_started.store(true, Ordering::SeqCst);
    }

    /// Does something that must not come after its goodbye.
    pub(super) fn unless_left(&self, act: impl FnOnce()) {
        let has_left = lock(&self.inner().has_left);
        if !*has_left {
            act();
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.inner().closing.has_begun()
    }

    /// Waits until it begins to close.
    pub(super) async fn stopping(&self) {
        self.inner().closing.begun().await;
    }

    /// The device's id: its serial number.
    pub fn id(&self) -> &DeviceId {
        &self.origin().id
    }

    /// What the device declares.
    pub fn model(&self) -> &'static DeviceModel {
        self.core().model
    }

    /// The number of this session, handed out by the registry; 0 until the device is registered.
    pub fn session(&self) -> u64 {
        self.origin().session()
    }

    /// Whether the device is connected and its commands arrive.
    pub fn is_online(&self) -> bool {
        matches!(self.origin().standing(), Standing::Online)
    }

    /// Counters since the start, or the last reset.
    pub fn stats(&self) -> Stats {
        self.core().counters.snapshot(self.origin(), &self.core().hub.outbox)
    }

    /// From now on all of [`stats`](Self::stats) is counted from 0, but for what is no counter. Figures of the
    /// `metrics` crate go on.
    pub fn reset_stats(&self) {
        self.core().counters.reset(self.origin());
    }

    /// From now on the device's states wait for each other as the batch says; with `None` they do not. What has
    /// waited goes now. In place of what `#[device(batch(..))]` says; of a device that is closed it changes nothing.
    pub fn set_batch(&self, batch: Option<Batch>) {
        self.core().hub.set_batch(self.origin(), batch);
    }

    /// The receipt of states with `retention = "stored"`, by its id: also of what an earlier life of the device has
    /// set, so that a program knows after a restart when it is delivered. What is delivered already, or was
    /// dropped before the restart, is taken for delivered.
    ///
    /// # Errors
    /// When the device has never given such a receipt.
    pub fn receipt(&self, id: &ReceiptId) -> Result<Receipt, UnknownReceipt> {
        Receipt::find(self.core(), id.clone())
    }

    /// The device's storage, for contents that its setters do not bring by themselves: to
    /// [`sync`](crate::StorageObject::sync) an object before it is set by name, or to
    /// [`download`](crate::StorageObject::download) one.
    pub fn storage(&self) -> Storage {
        Storage::new(self.id().clone(), self.platform().storage())
    }

    /// The device of which this one is a part.
    pub fn parent(&self) -> Option<&DeviceId> {
        self.parent_origin().map(|parent| &parent.id)
    }

    /// The child devices that are running: the declared ones in their order, then those that were added.
    pub fn children(&self) -> Vec<Self> {
        let running = |child: &Self| child.inner().has_started.load(Ordering::SeqCst);
        let added = self.added().into_iter().filter(running);
        let declared = self.declared().iter().filter(|child| !child.is_stopping());
        declared.cloned().chain(added).collect()
    }

    /// Those that were added, and run or start.
    fn added(&self) -> Vec<Self> {
        lock(&self.inner().added).iter().filter(|child| !child.is_stopping()).cloned().collect()
    }

    /// All children that run or start.
    fn below(&self) -> Vec<Self> {
        let declared = self.declared().iter().filter(|child| !child.is_stopping());
        declared.cloned().chain(self.added()).collect()
    }

    /// Prepares a child device, to be started with [`connect`](DeviceBuilder::connect). It is registered as
    /// a part of this one and shares its connection; it has its own handler and its own presence, and it
    /// goes when this one goes. Should that be while it starts, it is closed, and `connect` gives
    /// [`ConnectError::Closed`].
    pub fn add_child<C: Device>(&self, sn: impl Into<String>, first: C) -> DeviceBuilder<C> {
        DeviceBuilder::new(self.platform().clone(), sn.into(), first, Attachment::Child(self.clone()))
    }

    /// Prepares a child device without a struct, as [`add_child`](Self::add_child) does with one.
    ///
    /// # Errors
    /// When the document makes no device.
    pub fn add_dynamic_child(
        &self,
        sn: impl Into<String>,
        model: &ModelDocument,
    ) -> Result<DeviceBuilder<Dynamic>, DynamicError> {
        DeviceBuilder::dynamic(self.platform().clone(), sn.into(), model, Attachment::Child(self.clone()))
    }

    /// Listens to what is said of the device besides commands: the platform's echo of its states, states
    /// that others report for it, or events. Returns when the broker has granted it; every reconnect asks
    /// for it again.
    ///
    /// ```
    /// # use edge_runtime::{Device, testing::MemoryPlatform};
    /// use edge_runtime::Channel;
    /// # #[derive(Device, Clone)]
    /// # struct Lamp { #[asset(kind = "sensor", max = 100)] brightness: u8 }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let memory = MemoryPlatform::new();
    /// # let lamp = memory.platform().device("LAMP-1", Lamp { brightness: 0 }).connect().await?;
    /// let mut feed = lamp.listen(Channel::Feed).await?;
    /// # memory.publish("device/LAMP-1/asset/brightness/feed", r#"{"at":"2031-02-03T04:05:06Z","value":40}"#);
    /// let message = feed.recv().await?;
    /// assert_eq!((message.asset.as_str(), message.read::<u8>()?), ("brightness", 40));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// When the broker refuses it, or the device is closed.
    ///
    /// # Cancel safety
    /// Cancel safe: cancelled, nobody listens.
    pub async fn listen(&self, channel: Channel) -> Result<Listener, ListenError> {
        let mut listener = Listener::new(&self.core().hub, self.origin(), channel)?;
        listener.granted().await?;
        Ok(listener)
    }
}

impl Running for Inner {
    fn inner(&self) -> &Inner {
        self
    }
}

impl Endpoint for Inner {
    fn origin(&self) -> &Arc<Origin> {
        &self.core.origin
    }

    fn take(self: Arc<Self>, command: Inbound) {
        // Set before the device joins.
        if let Some(mailbox) = self.mailbox.get() {
            mailbox.take(command);
        }
    }

    fn announce(&self) {
        self.core.publish_all();
    }

    fn resume_after(&self, seq: u64) {
        self.core.resume_after(seq);
    }

    fn settled(&self, seq: u64, is_stored: bool) {
        self.core.settled(seq, is_stored);
    }

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { DeviceHandle(self).close_untold().await })
    }

    fn take_untold(&self) -> Ended {
        self.closing.take_untold()
    }

    fn abort(self: Arc<Self>, ended: Ended) {
        DeviceHandle(self).end_at_once(ended);
    }
}
