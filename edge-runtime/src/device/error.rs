//! What can go wrong with a device: an enum for each thing that a caller does.

use std::sync::Arc;

use edge_proto::model::ModelError;

use crate::core::SetError;
use crate::link::LinkError;
use crate::reconcile::ReconcileError;

/// Why a state will not be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The device was closed before.
    #[error("the device was closed before the broker acknowledged it")]
    Closed,
}

/// Why a device did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The serial number is no name, or the model contradicts itself.
    #[error("the device cannot be declared")]
    Model(#[from] ModelError),
    /// A value of the struct that the device starts with does not fit its asset.
    #[error("the first state is refused")]
    State(#[from] SetError),
    /// The declared assets and the registered ones could not be brought together.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
    /// The broker refuses the device.
    #[error(transparent)]
    Link(Arc<LinkError>),
    /// The platform could not be reached in time.
    #[error("device `{device}` could not start within {seconds} s: {endpoint} does not answer as it should")]
    Timeout {
        /// The serial number.
        device: String,
        /// The address of the registry or the broker, whoever was waited for.
        endpoint: String,
        /// The `startup_timeout`.
        seconds: u64,
        /// What the last attempt failed of.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// Why closing was not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// Messages that the broker did not acknowledge in time. They are gone.
    #[error("{count} messages were not acknowledged in time and are lost")]
    Undelivered {
        /// How many.
        count: usize,
    },
}
