//! Why a value is not accepted.

use std::sync::Arc;

use edge_proto::Refusal;
use jiff::Timestamp;

use crate::outbox::OfStore;
use crate::storage::{NotUploaded, StorageError};

/// Why a value was not accepted. Nothing was changed or published.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// The value does not fit the asset.
    #[error("device `{device}`, asset `{asset}`: {refusal}")]
    Refused {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: String,
        /// What is wrong with the value, and the limits.
        refusal: Refusal,
    },
    /// The time is one that others cannot read.
    #[error("device `{device}`: {at} is not in the years 1 to 9999")]
    Time {
        /// The serial number.
        device: String,
        /// When it was said to hold.
        at: Timestamp,
    },
    /// It was to be stored, and there is no room on the disk.
    #[error("device `{device}`: no room in the store for it")]
    StoreFull {
        /// The serial number.
        device: String,
    },
    /// It was to be stored, and the store failed.
    #[error("device `{device}`: it was not stored: {reason}")]
    Store {
        /// The serial number.
        device: String,
        /// What failed.
        reason: String,
    },
    /// An object in the value could not be uploaded; it is as it was, and so is the state.
    #[error("device `{device}`, asset `{asset}`: an object in it was not uploaded")]
    Storage {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: String,
        /// What failed.
        source: Arc<StorageError>,
    },
    /// The device is closed.
    #[error("device `{device}` is closed")]
    Closed {
        /// The serial number.
        device: String,
    },
}

impl OfStore for SetError {
    fn full(device: String) -> Self {
        Self::StoreFull { device }
    }

    fn failed(device: String, reason: String) -> Self {
        Self::Store { device, reason }
    }
}

impl From<NotUploaded> for SetError {
    fn from(NotUploaded { device, of, source }: NotUploaded) -> Self {
        Self::Storage { device: device.to_string(), asset: of.to_owned(), source }
    }
}
