//! What `.connect()` does, in order: build, register or reconcile, publish the first state, connect.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use edge_proto::model::ModelError;
use edge_proto::{DeviceId, Opening};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, Span};

use super::error::ConnectError;
use super::handle::{DeviceHandle, Parts};
use super::pipelines::Pipelines;
use super::{Attachment, Handlers};
use crate::backoff::{Backoff, FIRST};
use crate::cause::chain;
use crate::complaint::Complaint;
use crate::core::Core;
use crate::dispatch::Mailbox;
use crate::failures::{ErrorCause, Sending};
use crate::hub::{Hub, Status, Unjoined};
use crate::model::{DeviceModel, OverwritePolicy};
use crate::origin::{Origin, Standing};
use crate::platform::Platform;
use crate::reconcile::{Plan, ReconcileError, Reconciled, Wanted, reconcile};
use crate::value::Values;

/// The longest wait between two attempts to register: a device should be there soon after the registry is.
const LONGEST: Duration = Duration::from_secs(5);

/// What a builder was told.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// `None`: each model's own.
    pub(super) policy: Option<OverwritePolicy>,
    pub(super) startup_timeout: Duration,
    pub(super) start_offline: bool,
    /// The serial numbers of declared children, by name.
    pub(super) child_sns: Vec<(String, String)>,
}

/// A device with its declared children, before it starts.
pub(super) struct Startup {
    pub(super) handle: DeviceHandle,
    options: Options,
    done: bool,
}

/// Aborts the device when it is dropped before the end.
impl Drop for Startup {
    fn drop(&mut self) {
        if !self.done {
            self.handle.abort();
        }
    }
}

/// What all devices of one start have in common.
struct Site<'a> {
    platform: Platform,
    hub: Arc<Hub>,
    owns_link: bool,
    options: &'a Options,
}

impl Startup {
    pub(super) fn new(
        platform: Platform,
        attachment: &Attachment,
        sn: &str,
        model: &'static DeviceModel,
        first: Box<dyn Values>,
        options: Options,
    ) -> Result<Self, ConnectError> {
        let id = id(sn)?;
        check_child_names(sn, model, &options)?;
        let (hub, parent) = match attachment {
            Attachment::Own => (Hub::new(id.clone(), &platform), None),
            Attachment::Host(hub) => (Arc::clone(hub), None),
            Attachment::Child(parent) => (Arc::clone(&parent.core().hub), Some(Arc::clone(parent.origin()))),
        };
        let owns_link = matches!(attachment, Attachment::Own);
        if !owns_link && id == *hub.owner() {
            return Err(ConnectError::Duplicate { device: id.to_string() });
        }
        let site = Site { platform, hub, owns_link, options: &options };
        let handle = site.build(id, model, first, parent, owns_link)?;
        Ok(Self { handle, options, done: false })
    }

    /// Starts it, unless it is closed meanwhile, as a child is with its parent. Then it has said goodbye when this returns.
    pub(super) async fn run(mut self, handlers: Handlers) -> Result<(), ConnectError> {
        let handle = self.handle.clone();
        tokio::select! {
            biased;
            () = handle.stopping() => {}
            started = self.start(handlers) => started?,
        }
        // Or while it was started, on another thread: what it has joined since then, it leaves when this is dropped.
        if handle.is_stopping() {
            handle.close_untold().await;
            return Err(ConnectError::Closed { device: handle.id().to_string() });
        }
        handle.set_started();
        self.done = true;
        Ok(())
    }

    async fn start(&self, handlers: Handlers) -> Result<(), ConnectError> {
        for device in tree(&self.handle) {
            device.core().hub.prepare(&device.endpoint()).await?;
        }
        attach(&self.handle, handlers)?;
        // None: for ever, or so long that it is the same.
        let deadline = Instant::now().checked_add(self.options.startup_timeout);
        if self.options.start_offline {
            let registration = Registration::new(&self.handle, &self.options);
            let span = span(&self.handle);
            self.handle.own_background(tokio::spawn(registration.in_background().instrument(span)));
        } else {
            let registration = Registration::new(&self.handle, &self.options);
            registration.run(deadline).instrument(span(&self.handle)).await?;
            for device in tree(&self.handle) {
                self.online(&device, deadline).await?;
            }
        }
        Ok(())
    }

    /// What starting would write.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        wanted(&self.handle, &self.options)
    }

    /// Waits until commands arrive.
    async fn online(&self, device: &DeviceHandle, deadline: Option<Instant>) -> Result<(), ConnectError> {
        let mut status = device.core().hub.status();
        let mut last = None;
        loop {
            let now = status.borrow_and_update().clone();
            match (device.origin().standing(), now) {
                (Standing::Online, _) => return Ok(()),
                (Standing::Refused(error), _) => return Err(ConnectError::Link(error)),
                (_, Status::Offline(error)) if !error.is_retryable() => {
                    return Err(ConnectError::Link(error));
                }
                (_, Status::Offline(error)) => last = Some(error),
                (_, Status::Starting | Status::Online | Status::Ended) => {}
            }
            if !matches!(until(deadline, status.changed()).await, Some(Ok(()))) {
                let endpoint = device.core().hub.endpoint();
                let source = last.map(|error| Box::new(error) as _);
                return Err(timed_out(&self.handle, endpoint, &self.options, source));
            }
        }
    }
}

impl Site<'_> {
    /// Builds a device with its declared children: these first, because it holds them.
    fn build(
        &self,
        id: DeviceId,
        model: &'static DeviceModel,
        mut first: Box<dyn Values>,
        parent: Option<Arc<Origin>>,
        is_top: bool,
    ) -> Result<DeviceHandle, ConnectError> {
        let via = (id != *self.hub.owner()).then(|| self.hub.owner().clone());
        let origin = Origin::new(id, model, via);
        let mut declared = Vec::with_capacity(model.children.len());
        for (index, child) in model.children.iter().enumerate() {
            let values = (child.copy)(first.child(index));
            let id = self.child_id(&origin.id, child.name)?;
            declared.push(self.build(id, child.model, values, Some(Arc::clone(&origin)), false)?);
        }
        let children = declared.iter().map(DeviceHandle::shared_core).collect();
        let core = Core::new(origin, model, Arc::clone(&self.hub), first, children)?;
        let owns_link = is_top && self.owns_link;
        let pipelines = Pipelines::declared(&core)?;
        let parts = Parts { platform: self.platform.clone(), parent, owns_link, declared, pipelines };
        Ok(DeviceHandle::new(Arc::new(core), parts))
    }

    fn child_id(&self, parent: &DeviceId, name: &str) -> Result<DeviceId, ConnectError> {
        let given = self.options.child_sns.iter().rev().find(|(child, _)| child == name);
        match given {
            Some((_, sn)) => id(sn),
            None => id(&format!("{parent}-{name}")),
        }
    }
}

fn id(sn: &str) -> Result<DeviceId, ConnectError> {
    Ok(DeviceId::new(sn).map_err(ModelError::SerialNumber)?)
}

/// A serial number for a child that there is not must not be ignored.
fn check_child_names(sn: &str, model: &DeviceModel, options: &Options) -> Result<(), ConnectError> {
    let names = || model.children.iter().map(|child| child.name);
    match options.child_sns.iter().find(|(name, _)| !names().any(|known| known == name)) {
        None => Ok(()),
        Some((name, _)) => Err(ConnectError::UnknownChild {
            device: sn.to_owned(),
            child: name.clone(),
            children: names().collect(),
        }),
    }
}

/// A device and all that it declares, parents first.
fn tree(device: &DeviceHandle) -> Vec<DeviceHandle> {
    let below = device.declared().iter().flat_map(tree);
    std::iter::once(device.clone()).chain(below).collect()
}

/// Gives each device its handler and its place on the link.
fn attach(device: &DeviceHandle, handlers: Handlers) -> Result<(), ConnectError> {
    device.own_mailbox(Mailbox::new(device.shared_core(), handlers.own, device.storage()));
    let joined = device.core().hub.join(device.endpoint());
    let device_id = || device.id().to_string();
    joined.map_err(|reason| match reason {
        Unjoined::Taken => ConnectError::Duplicate { device: device_id() },
        Unjoined::Closed => ConnectError::Closed { device: device_id() },
    })?;
    device.start_timer();
    for (child, handler) in device.declared().iter().zip(handlers.children) {
        attach(child, handler.attach(child.clone()))?;
    }
    Ok(())
}

fn wanted(device: &DeviceHandle, options: &Options) -> Vec<Wanted> {
    let wanted = |device: DeviceHandle| {
        let model = device.model();
        let mut declared = model.declare(device.id());
        declared.parent = device.parent().map(ToString::to_string);
        let opening = Opening::Start(device.platform().document_digest(model));
        Wanted { declared, policy: options.policy.unwrap_or(model.overwrite_assets), opening }
    };
    tree(device).into_iter().map(wanted).collect()
}

/// Under which all that happens to a device's registration is told.
fn span(device: &DeviceHandle) -> Span {
    tracing::info_span!("reconcile", device = %device.id())
}

/// Brings a device and its declared children into the registry.
struct Registration {
    device: DeviceHandle,
    options: Options,
}

impl Registration {
    fn new(device: &DeviceHandle, options: &Options) -> Self {
        Self { device: device.clone(), options: options.clone() }
    }

    /// However long it takes. A device that is refused is closed.
    async fn in_background(self) {
        let result = match Box::pin(self.run(None)).await {
            Ok(()) => return,
            Err(error) => error,
        };
        let reason = chain(&result);
        tracing::error!(device = %self.device.id(), error = reason, "not registered, closed");
        self.device.origin().failed(Sending::Registration, ErrorCause::Unregistered(reason));
        self.device.give_up();
    }

    /// Reconciles, with backoff while the registry is away, until the deadline; then everything may go.
    async fn run(&self, deadline: Option<Instant>) -> Result<(), ConnectError> {
        let wanted = wanted(&self.device, &self.options);
        wanted.iter().try_for_each(|wanted| wanted.declared.check())?;
        self.parent_registered(deadline).await?;
        let mut backoff = Backoff::new(FIRST, LONGEST);
        let (mut last, mut complaint) = (None, Complaint::default());
        loop {
            // Counted before they are asked for.
            let told = tree(&self.device).iter().map(|it| it.platform().times_told(it.model())).collect();
            let attempt = reconcile(self.device.platform().registry(), &wanted);
            let result = until(deadline, attempt).await.ok_or_else(|| self.timed_out(last.take()))?;
            let error = match result {
                Ok(reconciled) => {
                    for (device, reconciled) in tree(&self.device).iter().zip(&reconciled) {
                        log(device, reconciled);
                        open(device, reconciled.session);
                    }
                    self.tell_models(told, &reconciled).await;
                    return Ok(());
                }
                Err(error) if !error.is_retryable() => return Err(error.into()),
                Err(error) => error,
            };
            let delay = backoff.next(fastrand::f64());
            let (device, words) = (self.device.id(), chain(&error));
            if complaint.is_news(&words, Instant::now()) {
                tracing::warn!(%device, error = words, ?delay, "not registered yet");
            } else {
                tracing::debug!(%device, error = words, ?delay, "not registered yet");
            }
            let until = Instant::now() + delay;
            if deadline.is_some_and(|deadline| until >= deadline) {
                return Err(self.timed_out(Some(error)));
            }
            last = Some(error);
            tokio::time::sleep_until(until).await;
        }
    }

    /// The platform has what the devices declare; what they are, it is told besides.
    async fn tell_models(&self, told: Vec<u64>, reconciled: &[Reconciled]) {
        for ((device, told), reconciled) in tree(&self.device).iter().zip(told).zip(reconciled) {
            let missed = (!reconciled.document_known).then_some(told);
            device.platform().tell_model(device.model(), missed).await;
        }
    }

    /// A child cannot be registered before the device that it is a part of.
    async fn parent_registered(&self, deadline: Option<Instant>) -> Result<(), ConnectError> {
        let Some(parent) = self.device.parent_origin() else { return Ok(()) };
        let mut status = self.device.core().hub.status();
        let registered = status.wait_for(|_| parent.session() > 0);
        match until(deadline, registered).await {
            Some(_) => Ok(()),
            None => Err(self.timed_out(None)),
        }
    }

    fn timed_out(&self, source: Option<ReconcileError>) -> ConnectError {
        let endpoint = self.device.platform().registry().endpoint();
        timed_out(&self.device, endpoint, &self.options, source.map(|error| Box::new(error) as _))
    }
}

/// What has become of a device's registration, in a line; each difference that is not the program's to cure has one of its
/// own.
fn log(device: &DeviceHandle, reconciled: &Reconciled) {
    let Reconciled { session, is_new, ref plan, .. } = *reconciled;
    let all = if is_new { device.model().assets.len() } else { 0 };
    let (created, overwritten, deleted) = plan.as_ref().map_or((all, 0, 0), Plan::written);
    let device = device.id();
    tracing::info!(session, %device, is_new, created, overwritten, deleted, "registered");
    if let Some(plan) = plan {
        tracing::debug!(%device, "{plan}");
    }
}

/// The device has its session: its first state goes out, after its presence. Not if it was closed meanwhile.
fn open(device: &DeviceHandle, session: u64) {
    device.unless_left(|| {
        device.core().publish_all();
        device.origin().open_session(session);
        device.core().hub.opened(device.origin());
    });
}

fn timed_out(
    device: &DeviceHandle,
    endpoint: String,
    options: &Options,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
) -> ConnectError {
    let seconds = options.startup_timeout.as_secs();
    ConnectError::Timeout { device: device.id().to_string(), endpoint, seconds, source }
}

/// Waits for a future until the deadline; `None` when that was first.
async fn until<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}
