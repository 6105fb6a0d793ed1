//! The platform that devices talk to: a control plane and a data plane.

#[cfg(feature = "allthingstalk")]
mod allthingstalk;
#[cfg(all(feature = "grpc", feature = "mqtt"))]
mod native;

mod cache;
mod models;

use std::sync::Arc;

use edge_proto::model::ModelError;
use edge_proto::{Device as Declared, DeviceId, Opening};

#[cfg(feature = "allthingstalk")]
pub use allthingstalk::AllThingsTalkBuilder;
#[cfg(all(feature = "grpc", feature = "mqtt"))]
pub use native::PlatformBuilder;

use self::models::Models;
use crate::clock::WallClock;
use crate::device::{Attachment, ConnectError, Device, DeviceBuilder};
use crate::link::Link;
use crate::model::OverwritePolicy;
use crate::outbox::OutboxConfig;
use crate::reconcile::{Plan, ReconcileError, Reconciled, Wanted, look, reconcile};
use crate::registry::Registry;
use crate::storage::StoragePlane;

/// Where devices are registered and with which broker they exchange messages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Platform {
    registry: Arc<dyn Registry>,
    link: Arc<dyn Link>,
    outbox: OutboxConfig,
    /// Where contents of objects are kept, if they are.
    storage: Option<Arc<dyn StoragePlane>>,
    models: Models,
    clock: Arc<WallClock>,
}

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The serial number is no name.
    #[error("the device cannot be declared")]
    Model(#[from] ModelError),
    /// The device cannot be started as it is.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The registry failed.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
}

impl Platform {
    /// Any registry with any link.
    pub fn new(registry: impl Registry, link: impl Link) -> Self {
        Self {
            registry: Arc::new(registry),
            link: Arc::new(link),
            outbox: OutboxConfig::new(),
            storage: None,
            models: Models::default(),
            clock: Arc::default(),
        }
    }

    /// How much waits for the broker on each connection, and where states with `retention = "stored"` are stored.
    ///
    /// ```
    /// # let platform = edge_runtime::testing::MemoryPlatform::new().platform();
    /// use edge_runtime::OutboxConfig;
    ///
    /// let platform = platform.outbox(OutboxConfig::new().messages(100_000).folder("/var/lib/greenhouse"));
    /// ```
    pub fn outbox(self, config: OutboxConfig) -> Self {
        Self { outbox: config, ..self }
    }

    pub(crate) fn with_storage(self, storage: Arc<dyn StoragePlane>) -> Self {
        Self { storage: Some(storage), ..self }
    }

    /// Other devices of it look at another clock.
    pub(crate) fn with_clock(self, clock: WallClock) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    pub(crate) fn clock(&self) -> Arc<WallClock> {
        Arc::clone(&self.clock)
    }

    pub(crate) fn storage(&self) -> Option<Arc<dyn StoragePlane>> {
        self.storage.clone()
    }

    pub(crate) fn outbox_config(&self) -> OutboxConfig {
        self.outbox.clone()
    }

    /// Prepares a device with its serial number. The struct is its first full state.
    pub fn device<D: Device>(&self, sn: impl Into<String>, first: D) -> DeviceBuilder<D> {
        DeviceBuilder::new(self.clone(), sn.into(), first, Attachment::Own)
    }

    /// What starting the device would change on the platform. Changes nothing.
    ///
    /// The plan prints like a diff, and serializes to JSON. It is the device's own; with its children's:
    /// [`DeviceBuilder::plan`].
    ///
    /// # Errors
    /// When the serial number is no name, or the registry cannot be asked.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is written.
    pub async fn plan<D: Device>(&self, sn: &str) -> Result<Plan, PlanError> {
        let id = DeviceId::new(sn).map_err(ModelError::SerialNumber)?;
        let (declared, policy) = (D::MODEL.declare(&id), D::MODEL.overwrite_assets);
        Ok(look(self.registry(), &Wanted { declared, policy, opening: Opening::Look }).await?)
    }

    /// Registers or reconciles a device without starting it, as a start would: for provisioning, and for
    /// gateways that declare devices without a struct. Opens no session.
    ///
    /// # Errors
    /// See [`ReconcileError`]; nothing is tried again.
    ///
    /// # Cancel safety
    /// Cancelled, it is written or not; called again, it finds out.
    pub async fn reconcile(
        &self,
        declared: Declared,
        policy: OverwritePolicy,
    ) -> Result<Reconciled, ReconcileError> {
        let wanted = Wanted { declared, policy, opening: Opening::Look };
        let reconciled = reconcile(self.registry(), std::slice::from_ref(&wanted)).await?;
        Ok(reconciled.into_iter().next().expect("one for each that is wanted"))
    }

    pub(crate) fn registry(&self) -> &dyn Registry {
        &*self.registry
    }

    pub(crate) fn shared_link(&self) -> Arc<dyn Link> {
        Arc::clone(&self.link)
    }
}
