//! Starting a device: `platform.device("GH-1", greenhouse).handler(driver).connect().await`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::ConnectError;
use super::handle::DeviceHandle;
use super::startup::{Options, Startup};
use super::{Device, HandlerOf, Handlers, Unattended};
use crate::future::BoxFuture;
use crate::hub::Hub;
use crate::model::{DeviceModel, OverwritePolicy};
use crate::platform::{PlanError, Platform};
use crate::reconcile::{Plan, look};
use crate::value::Values;

/// How long `connect` tries, unless it is told otherwise.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);

/// What connection a device is on.
#[derive(Clone, Debug)]
pub(crate) enum Attachment {
    /// One of its own.
    Own,
    /// A host's.
    Host(Arc<Hub>),
    /// That of the device of which it is a part.
    Child(DeviceHandle),
}

/// A [`DeviceBuilder`] without a handler: enough for devices that have nothing to command.
#[derive(Clone, Copy, Debug)]
pub struct Unhandled;

/// A [`DeviceBuilder`] with its handler.
pub struct Handled<D: Device> {
    attach: Box<dyn FnOnce(DeviceHandle) -> Handlers + Send>,
    device: std::marker::PhantomData<fn(D)>,
}

impl<D: Device> fmt::Debug for Handled<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handled")
    }
}

/// A device about to start.
#[must_use = "a device does not start before `.connect()` is awaited"]
#[derive(Debug)]
pub struct DeviceBuilder<D, S = Unhandled> {
    pub(super) platform: Platform,
    pub(super) attachment: Attachment,
    pub(super) sn: String,
    pub(super) first: D,
    pub(super) handler: S,
    pub(super) options: Options,
}

impl<D> DeviceBuilder<D> {
    pub(crate) fn new(platform: Platform, sn: String, first: D, attachment: Attachment) -> Self {
        let options = Options {
            policy: None,
            startup_timeout: STARTUP_TIMEOUT,
            start_offline: false,
            child_sns: Vec::new(),
        };
        Self { platform, attachment, sn, first, handler: Unhandled, options }
    }

    pub(super) fn with_state<S>(self, handler: S) -> DeviceBuilder<D, S> {
        let Self { platform, attachment, sn, first, options, .. } = self;
        DeviceBuilder { platform, attachment, sn, first, handler, options }
    }
}

impl<D: Device> DeviceBuilder<D> {
    /// Gives the device its handler, which from now on owns the hardware.
    pub fn handler<H: HandlerOf<D>>(self, handler: H) -> DeviceBuilder<D, Handled<D>> {
        self.handled(handler)
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
        D: Unattended,
    {
        Box::pin(self.handled(D::nobody()).connect())
    }

    fn handled<H: HandlerOf<D>>(self, handler: H) -> DeviceBuilder<D, Handled<D>> {
        let attach = Box::new(|device| handler.attach(device));
        self.with_state(Handled { attach, device: std::marker::PhantomData })
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
        let Self { platform, attachment, sn, first, handler, options } = self;
        let first = Box::new(first);
        let started = start(platform, attachment, &sn, D::MODEL, first, handler.attach, options).await?;
        Ok(D::handle(started))
    }
}

/// Starts a device, whatever it is.
pub(super) async fn start(
    platform: Platform,
    attachment: Attachment,
    sn: &str,
    model: &'static DeviceModel,
    first: Box<dyn Values>,
    attach: Box<dyn FnOnce(DeviceHandle) -> Handlers + Send>,
    options: Options,
) -> Result<DeviceHandle, ConnectError> {
    let startup = Startup::new(platform, &attachment, sn, model, first, options)?;
    let handle = startup.handle.clone();
    if let Attachment::Child(parent) = &attachment {
        parent.adopt(&handle)?;
    }
    let handlers = attach(handle.clone());
    startup.run(handlers).await?;
    Ok(handle)
}

impl<D: Device, S> DeviceBuilder<D, S> {
    /// What starting the device would change on the platform: a plan for the device, and one for each of
    /// its declared children. Changes nothing.
    ///
    /// # Errors
    /// When the device cannot be declared, or the registry cannot be asked.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is written.
    pub async fn plan(&self) -> Result<Vec<Plan>, PlanError> {
        self.plans(D::MODEL, Box::new(self.first.clone())).await
    }
}

impl<D, S> DeviceBuilder<D, S> {
    pub(super) async fn plans(
        &self,
        model: &'static DeviceModel,
        first: Box<dyn Values>,
    ) -> Result<Vec<Plan>, PlanError> {
        let Self { platform, attachment, sn, options, .. } = self;
        let startup = Startup::new(platform.clone(), attachment, sn, model, first, options.clone())?;
        let mut plans = Vec::new();
        for wanted in startup.wanted() {
            plans.push(look(platform.registry(), &wanted).await?);
        }
        Ok(plans)
    }

    /// What is done with differences at startup, instead of what `overwrite_assets` says: the device's and
    /// its declared children's.
    pub fn overwrite_assets(mut self, policy: OverwritePolicy) -> Self {
        self.options.policy = Some(policy);
        self
    }

    /// The serial number of a declared child, by the child's name; otherwise it is
    /// `{this device's}-{name}`.
    pub fn child_sn(mut self, child: impl Into<String>, sn: impl Into<String>) -> Self {
        self.options.child_sns.push((child.into(), sn.into()));
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
