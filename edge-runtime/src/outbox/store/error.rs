//! Why the store cannot be had, or does not take something.

use std::path::PathBuf;
use std::sync::Arc;

use edge_proto::DeviceId;

use crate::cause::chain;

/// Why there is no store for states with `retention = "stored"`, or why it did not take one.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nobody said where it is to be.
    #[error(
        "device `{device}` has assets with `retention = \"stored\"`, and nobody said where they are stored; call \
         `.outbox(OutboxConfig::new().folder(..))` on the platform, or, for `Platform::from_env()`, set EDGE_STORE to a \
         folder"
    )]
    NoFolder {
        /// The serial number.
        device: String,
    },
    /// Another program, or another part of this one, has it open.
    #[error("{path} is in use; is the device running already?", path = path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this library has written it. It was left as it is.
    #[error("{path} has format {found}, and this program knows {known} and older", path = path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What it has.
        found: u64,
        /// What is known here.
        known: u64,
    },
    /// It is something that it must not be.
    #[error("{path} is no file of its own: {reason}", path = path.display())]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// What it is.
        reason: &'static str,
    },
    /// There is no room on the disk.
    #[error("no room for {path}", path = path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("{path} cannot be read or written", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// An error of who wanted something to be stored.
pub(crate) trait OfStore: Sized {
    /// There is no room on the disk.
    fn full(device: String) -> Self;

    /// It was not stored, because of this.
    fn failed(device: String, reason: String) -> Self;

    fn of_store(device: &DeviceId, error: &StoreError) -> Self {
        match error {
            StoreError::Full { .. } => Self::full(device.to_string()),
            error => Self::failed(device.to_string(), chain(error)),
        }
    }
}
