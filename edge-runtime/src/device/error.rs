//! What can go wrong with a device: an enum for each thing that a caller does.

use std::sync::Arc;

use edge_proto::model::ModelError;

use super::offer::PipelineError;
use crate::cause::only;
use crate::core::SetError;
use crate::ending::CloseError;
use crate::link::LinkError;
use crate::outbox::StoreError;
use crate::reconcile::ReconcileError;
use crate::registry::RegistryError;

/// Why a state will not be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The device was closed before. What is stored is delivered when it is there again.
    #[error("the device was closed before the broker acknowledged it")]
    Closed,
    /// There was no room or no connection for it, or for a part of it, and its asset says that it may go.
    #[error("it was dropped before the broker acknowledged it")]
    Dropped,
    /// It, or a part of it, was older than its asset's expiry before it could be sent.
    #[error("it expired before it could be sent")]
    Expired,
    /// It was told together with something that was to be stored, and the store failed: so nothing of that was sent.
    #[error("what it was told with could not be stored")]
    NotStored,
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
    /// Another device of that serial number is on the same connection.
    #[error("device `{device}` is on this connection already")]
    Duplicate {
        /// The serial number.
        device: String,
    },
    /// The device or the host on whose connection it would be is closed.
    #[error("device `{device}` cannot start: the connection that it would be on is closed")]
    Closed {
        /// The serial number.
        device: String,
    },
    /// A serial number was given for a child that the model does not declare.
    #[error("device `{device}` declares no child `{child}`, {}", only(children))]
    UnknownChild {
        /// The serial number of the parent.
        device: String,
        /// The name that there is not.
        child: String,
        /// The names that there are.
        children: Vec<&'static str>,
    },
    /// A pipeline that an asset declares cannot be.
    #[error("a declared pipeline cannot be")]
    Pipeline(#[from] PipelineError),
    /// What is to be stored cannot be.
    #[error("the store cannot be had")]
    Store(#[from] StoreError),
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

/// Why a device was not taken out of the registry, or not properly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// The registry failed. The device is closed; it may still be registered.
    #[error("device `{device}` may still be registered")]
    Registry {
        /// The serial number.
        device: String,
        /// The cause.
        source: RegistryError,
    },
    /// It is removed, and messages were lost.
    #[error(transparent)]
    Close(#[from] CloseError),
}
