//! Starting a device: `platform.device("GH-1", greenhouse).handler(driver).connect().await`.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use edge_proto::{Device as Declared, DeviceId};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use super::error::ConnectError;
use super::handle::{DeviceHandle, Tasks};
use super::{Device, Dispatch, NoHandler};
use crate::backoff::Backoff;
use crate::cause::chain;
use crate::core::{Core, Values};
use crate::dispatch::{Command, DeviceTask, Dispatched, Handler, refuse};
use crate::future::BoxFuture;
use crate::hub::{Hub, Status};
use crate::model::OverwritePolicy;
use crate::origin::Origin;
use crate::platform::Platform;
use crate::reconcile::{ReconcileError, reconcile};

/// How long `connect` tries, unless it is told otherwise.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);

/// The whole state is published no more often than this, however often it is asked for.
const ANNOUNCE_INTERVAL: Duration = Duration::from_millis(500);

/// A [`DeviceBuilder`] without a handler: enough for devices that have nothing to command.
#[derive(Clone, Copy, Debug)]
pub struct Unhandled;

/// A [`DeviceBuilder`] with its handler.
pub struct Handled<D: Device>(Box<dyn FnOnce(D::Handle) -> Box<dyn Handler> + Send>);

impl<D: Device> fmt::Debug for Handled<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handled")
    }
}

/// A device about to start.
#[must_use = "a device does not start before `.connect()` is awaited"]
#[derive(Debug)]
pub struct DeviceBuilder<D, S = Unhandled> {
    platform: Platform,
    sn: String,
    first: D,
    handler: S,
    options: Options,
}

#[derive(Clone, Copy, Debug)]
struct Options {
    policy: OverwritePolicy,
    startup_timeout: Duration,
    start_offline: bool,
}

impl<D: Device> DeviceBuilder<D> {
    pub(crate) fn new(platform: Platform, sn: String, first: D) -> Self {
        let policy = D::MODEL.overwrite_assets;
        let options = Options { policy, startup_timeout: STARTUP_TIMEOUT, start_offline: false };
        Self { platform, sn, first, handler: Unhandled, options }
    }

    /// Gives the device its handler, which from now on owns the hardware.
    pub fn handler<H: Send + 'static>(self, handler: H) -> DeviceBuilder<D, Handled<D>>
    where
        D: Dispatch<H>,
    {
        let Self { platform, sn, first, options, .. } = self;
        DeviceBuilder { platform, sn, first, handler: bind::<D, H>(handler), options }
    }

    /// Starts a device that has nothing to command.
    ///
    /// # Errors
    /// See [`ConnectError`].
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing is left running. The device may be registered by then.
    // Not an `async fn`: its future would repeat the bound, and with it the error of a missing handler.
    pub fn connect(self) -> BoxFuture<'static, Result<D::Handle, ConnectError>>
    where
        D: Dispatch<NoHandler>,
    {
        let Self { platform, sn, first, options, .. } = self;
        let handler = bind::<D, NoHandler>(NoHandler);
        Box::pin(DeviceBuilder { platform, sn, first, handler, options }.connect())
    }
}

impl<D: Device> DeviceBuilder<D, Handled<D>> {
    /// Registers the device or reconciles it, connects it to the broker, announces it, and publishes
    /// its first state.
    ///
    /// # Errors
    /// See [`ConnectError`].
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing is left running. The device may be registered by then.
    pub async fn connect(self) -> Result<D::Handle, ConnectError> {
        let startup = Startup::new(self.platform, &self.sn, D::MODEL, Box::new(self.first), self.options)?;
        let handle = startup.handle.clone();
        let handler = (self.handler.0)(handle.clone().into());
        startup.run(handler).await.map(|()| handle.into())
    }
}

impl<D, S> DeviceBuilder<D, S> {
    /// What is done with differences at startup, instead of what `overwrite_assets` says.
    pub fn overwrite_assets(mut self, policy: OverwritePolicy) -> Self {
        self.options.policy = policy;
        self
    }

    /// How long [`connect`](DeviceBuilder::connect) tries before it gives up. Default 30 s.
    pub fn startup_timeout(mut self, timeout: Duration) -> Self {
        self.options.startup_timeout = timeout;
        self
    }

    /// With `true`, [`connect`](DeviceBuilder::connect) returns at once, also when the platform is
    /// away: what is set is kept, and the device registers when the platform is there. Should it be
    /// refused then, that is logged, and setters fail as for a closed device.
    pub fn start_offline(mut self, offline: bool) -> Self {
        self.options.start_offline = offline;
        self
    }
}

/// A handler and its device's handle, of whatever types.
struct Bound<D: Device, H> {
    handler: H,
    device: D::Handle,
}

impl<D: Dispatch<H>, H: Send + 'static> Handler for Bound<D, H> {
    fn dispatch(&mut self, command: Command) -> Dispatched<'_> {
        D::dispatch(&mut self.handler, &self.device, command)
    }
}

fn bind<D: Dispatch<H>, H: Send + 'static>(handler: H) -> Handled<D> {
    Handled(Box::new(|device| Box::new(Bound::<D, H> { handler, device })))
}

/// A start under way. Aborts the device when it is dropped before the end.
struct Startup {
    platform: Platform,
    core: Arc<Core>,
    declared: Declared,
    options: Options,
    handle: DeviceHandle,
    done: bool,
}

impl Drop for Startup {
    fn drop(&mut self) {
        if !self.done {
            self.handle.abort();
        }
    }
}

impl Startup {
    fn new(
        platform: Platform,
        sn: &str,
        model: &'static crate::model::DeviceModel,
        first: Box<dyn Values>,
        options: Options,
    ) -> Result<Self, ConnectError> {
        let id = DeviceId::new(sn).map_err(edge_proto::model::ModelError::SerialNumber)?;
        let declared = model.declare(&id);
        declared.check()?;
        let core = Arc::new(Core::new(Arc::new(Origin::new(id, model)), model, Hub::new(), first)?);
        let handle = DeviceHandle::new(Arc::clone(&core));
        Ok(Self { platform, core, declared, options, handle, done: false })
    }

    async fn run(mut self, handler: Box<dyn Handler>) -> Result<(), ConnectError> {
        // None: for ever, or so long that it is the same.
        let deadline = Instant::now().checked_add(self.options.startup_timeout);
        if !self.options.start_offline {
            self.register(deadline).await?;
        }
        self.spawn(handler);
        if !self.options.start_offline {
            self.online(deadline).await?;
        }
        self.done = true;
        Ok(())
    }

    /// Starts the device's tasks.
    fn spawn(&self, handler: Box<dyn Handler>) {
        let core = Arc::clone(&self.core);
        let inbox = core.hub.join(Arc::clone(&core.origin), refuse);
        let (stop, stopped) = watch::channel(false);
        let span = tracing::info_span!("device", id = %core.origin.id);
        let task = DeviceTask::new(Arc::clone(&core), handler).run(inbox, stopped);
        let dispatch = tokio::spawn(task.instrument(span.clone()));
        let background = Background {
            platform: self.platform.clone(),
            declared: self.declared.clone(),
            policy: self.options.policy,
            registered: !self.options.start_offline,
            core,
        };
        let connection = tokio::spawn(background.run().instrument(span));
        self.handle.own(Tasks { stop, connection, dispatch });
    }

    async fn register(&self, deadline: Option<Instant>) -> Result<(), ConnectError> {
        register(&self.platform, &self.declared, self.options.policy, &self.core, deadline).await
    }

    /// Waits until commands arrive.
    async fn online(&self, deadline: Option<Instant>) -> Result<(), ConnectError> {
        let mut status = self.core.hub.status();
        let mut last = None;
        loop {
            match status.borrow_and_update().clone() {
                Status::Online => return Ok(()),
                Status::Offline(error) if !error.is_retryable() => return Err(ConnectError::Link(error)),
                Status::Offline(error) => last = Some(error),
                Status::Starting => {}
            }
            if !matches!(until(deadline, status.changed()).await, Some(Ok(()))) {
                return Err(self.timeout(last.map(|error| Box::new(error) as _)));
            }
        }
    }

    fn timeout(&self, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> ConnectError {
        let seconds = self.options.startup_timeout.as_secs();
        let endpoint = self.platform.link().endpoint();
        ConnectError::Timeout { device: self.declared.sn.clone(), endpoint, seconds, source }
    }
}

/// The task of a device's connection.
struct Background {
    platform: Platform,
    core: Arc<Core>,
    declared: Declared,
    policy: OverwritePolicy,
    registered: bool,
}

impl Background {
    async fn run(self) {
        let Self { platform, core, declared, policy, registered } = self;
        if !registered && let Err(error) = register(&platform, &declared, policy, &core, None).await {
            tracing::error!(device = declared.sn, error = chain(&error), "not registered, closed");
            core.close();
            core.hub.outbox.close();
            return core.hub.leave(&core.origin);
        }
        core.publish_all();
        tokio::select! {
            () = core.hub.run(platform.link(), &core.origin) => {}
            () = announce(&core) => {}
        }
    }
}

/// Waits for a future until the deadline; `None` when that was first.
async fn until<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

/// Publishes the whole state again, whenever that is asked for.
async fn announce(core: &Core) {
    loop {
        core.origin.announce.notified().await;
        core.publish_all();
        // Whoever asks meanwhile is heard after this, once.
        tokio::time::sleep(ANNOUNCE_INTERVAL).await;
    }
}

/// Reconciles, with backoff while the registry is away, until the deadline.
async fn register(
    platform: &Platform,
    declared: &Declared,
    policy: OverwritePolicy,
    core: &Core,
    deadline: Option<Instant>,
) -> Result<(), ConnectError> {
    let mut backoff = Backoff::default();
    let started = Instant::now();
    let timeout = |source: Option<ReconcileError>| ConnectError::Timeout {
        device: declared.sn.clone(),
        endpoint: platform.registry().endpoint(),
        // Rounded: a moment has passed since the deadline was set.
        seconds: deadline.map_or(0, |deadline| (deadline - started).as_secs_f64().round() as u64),
        source: source.map(|error| Box::new(error) as _),
    };
    let mut last = None;
    loop {
        let attempt = reconcile(platform.registry(), declared, policy);
        let result = until(deadline, attempt).await.ok_or_else(|| timeout(last.take()))?;
        let error = match result {
            Ok(reconciled) => {
                let changed =
                    reconciled.plan.map_or_else(|| "nothing to change".to_owned(), |plan| plan.to_string());
                tracing::info!(
                    device = declared.sn,
                    session = reconciled.session,
                    plan = changed,
                    "registered"
                );
                core.origin.open_session(reconciled.session);
                return Ok(());
            }
            Err(error) if !error.is_retryable() => return Err(error.into()),
            Err(error) => error,
        };
        let delay = backoff.next(fastrand::f64());
        tracing::warn!(device = declared.sn, error = chain(&error), ?delay, "not registered yet");
        let until = Instant::now() + delay;
        if deadline.is_some_and(|deadline| until >= deadline) {
            return Err(timeout(Some(error)));
        }
        last = Some(error);
        tokio::time::sleep_until(until).await;
    }
}
