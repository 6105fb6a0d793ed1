//! The control plane: where devices are registered. [`Registry`] is all that reconciling needs of it.

#[cfg(feature = "allthingstalk")]
mod allthingstalk;
#[cfg(feature = "grpc")]
mod connector;
#[cfg(feature = "storage")]
mod native;

use std::fmt;
use std::future::ready;

use edge_proto::Device;
pub use edge_proto::Opening;
use edge_proto::document::ModelDocument;

#[cfg(feature = "allthingstalk")]
pub(crate) use allthingstalk::AllThingsTalk;
#[cfg(feature = "storage")]
pub(crate) use native::Native;

use crate::future::BoxFuture;
use crate::reconcile::Batch;

/// The session that a registry has opened for a device, and a summary of what is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Only grows, for every serial number on its own.
    pub number: u64,
    /// The version of what is registered.
    pub version: u64,
    /// Its digest: see [`edge_proto::digest`].
    pub digest: String,
    /// Whether what is asked of the device is checked by the document that it has named.
    pub document_counts: bool,
    /// Whether that document is there.
    pub document_known: bool,
}

/// A registered device at one version.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// Grows with every change.
    pub version: u64,
    /// What is registered.
    pub device: Device,
}

/// Where devices are registered. The futures may be dropped at any time; a write that was under way
/// is then either done or not, and reconciling again finds out.
pub trait Registry: Send + Sync + fmt::Debug + 'static {
    /// Its address, for errors and logs; without credentials.
    fn endpoint(&self) -> String;

    /// Opens the next session of a device; `None` when it is not registered. What a registry cannot hold of
    /// a device counts as registered as it is declared, here and in [`fetch`](Self::fetch).
    ///
    /// The document that the opening names says what the device is, where [models are kept](Self::keeps_models): what is
    /// asked of the device can be checked by it. A device asks, and then starts if its document does not count yet.
    fn open_session<'a>(
        &'a self,
        declared: &'a Device,
        opening: Opening,
    ) -> BoxFuture<'a, Result<Option<Session>, RegistryError>>;

    /// Registers a device with its assets, as a part of its parent if it has one. One that exists is left
    /// as it is.
    fn register<'a>(&'a self, device: &'a Device) -> BoxFuture<'a, Result<(), RegistryError>>;

    /// Reads what is registered; `None` when the device is not.
    fn fetch<'a>(&'a self, declared: &'a Device) -> BoxFuture<'a, Result<Option<Registered>, RegistryError>>;

    /// Takes a device out of the registry, and with it all that is a part of it. One that is not
    /// registered is no error.
    fn remove<'a>(&'a self, sn: &'a str) -> BoxFuture<'a, Result<(), RegistryError>>;

    /// Writes a batch in one step if the version still is the one that it was planned against, or
    /// fails with [`RegistryError::Conflict`]. A registry without versions and steps writes one thing after
    /// the other, creates nothing that is there by then, and says so in its own documentation.
    fn write<'a>(
        &'a self,
        declared: &'a Device,
        version: u64,
        batch: &'a Batch,
    ) -> BoxFuture<'a, Result<(), RegistryError>>;

    /// Whether the models of devices are kept here, so that one is put here when a device of it registers. Many
    /// registries have no place for them.
    fn keeps_models(&self) -> bool {
        false
    }

    /// The device model of that URN; `None` when there is none.
    fn model<'a>(&'a self, urn: &'a str) -> BoxFuture<'a, Result<Option<ModelDocument>, RegistryError>> {
        let _ = urn;
        Box::pin(ready(Err(RegistryError::NoModels { endpoint: self.endpoint() })))
    }

    /// Keeps a device model, instead of the one of its URN if there is one.
    fn put_model<'a>(&'a self, model: &'a ModelDocument) -> BoxFuture<'a, Result<(), RegistryError>> {
        let _ = model;
        Box::pin(ready(Err(RegistryError::NoModels { endpoint: self.endpoint() })))
    }
}

/// Why a registry did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Not reached, or it did not answer in time.
    #[error("the registry at {endpoint} cannot be reached")]
    Unavailable {
        /// Its address.
        endpoint: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It answered, and refuses: the token, the arguments.
    #[error("the registry at {endpoint} refuses ({code}): {message}")]
    Rejected {
        /// Its address.
        endpoint: String,
        /// The status code's name.
        code: String,
        /// What it says.
        message: String,
    },
    /// It has no place for models of devices.
    #[error("the registry at {endpoint} keeps no models of devices")]
    NoModels {
        /// Its address.
        endpoint: String,
    },
    /// Another writer was faster.
    #[error("the device was changed by another writer")]
    Conflict,
    /// It answered something that cannot be understood.
    #[error("the registry at {endpoint} answers what cannot be understood")]
    Protocol {
        /// Its address.
        endpoint: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RegistryError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Conflict)
    }
}
