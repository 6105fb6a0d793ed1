//! The platform that devices talk to: a control plane and a data plane.

#[cfg(all(feature = "grpc", feature = "mqtt"))]
mod native;

use std::sync::Arc;

use edge_proto::DeviceId;
use edge_proto::model::ModelError;

#[cfg(all(feature = "grpc", feature = "mqtt"))]
pub use native::PlatformBuilder;

use crate::device::{Device, DeviceBuilder};
use crate::link::Link;
use crate::reconcile::{Plan, ReconcileError, plan};
use crate::registry::Registry;

/// Where devices are registered and with which broker they exchange messages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Platform {
    registry: Arc<dyn Registry>,
    link: Arc<dyn Link>,
}

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The serial number is no name.
    #[error("the device cannot be declared")]
    Model(#[from] ModelError),
    /// The registry failed.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
}

impl Platform {
    /// Any registry with any link.
    pub fn new(registry: impl Registry, link: impl Link) -> Self {
        Self { registry: Arc::new(registry), link: Arc::new(link) }
    }

    /// Prepares a device with its serial number. The struct is its first full state.
    pub fn device<D: Device>(&self, sn: impl Into<String>, first: D) -> DeviceBuilder<D> {
        DeviceBuilder::new(self.clone(), sn.into(), first)
    }

    /// What starting the device would change on the platform. Changes nothing.
    ///
    /// The plan prints like a diff, and serializes to JSON.
    ///
    /// # Errors
    /// When the serial number is no name, or the registry cannot be asked.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is written.
    pub async fn plan<D: Device>(&self, sn: &str) -> Result<Plan, PlanError> {
        let id = DeviceId::new(sn).map_err(ModelError::SerialNumber)?;
        let declared = D::MODEL.declare(&id);
        let registered = self
            .registry
            .fetch(sn)
            .await
            .map_err(|source| ReconcileError::Registry { device: sn.to_owned(), source })?;
        let registered = registered.as_ref().map(|registered| &registered.device);
        Ok(plan(&declared, registered, D::MODEL.overwrite_assets))
    }

    pub(crate) fn registry(&self) -> &dyn Registry {
        &*self.registry
    }

    pub(crate) fn link(&self) -> &dyn Link {
        &*self.link
    }
}
