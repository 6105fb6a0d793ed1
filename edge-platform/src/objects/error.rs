//! Why an object is not stored, or not found.

use std::io;

use edge_proto::object::Sha256;

use crate::error::BoxError;

/// Why the objects' folder or bucket did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObjectsError {
    #[error("there is no object `{name}`")]
    Unknown { name: String },
    #[error("an object has at most {limit} bytes here")]
    TooLarge { limit: u64 },
    #[error("a device has at most {limit} objects here")]
    TooMany { limit: u64 },
    #[error("the upload has {have} bytes, and does not go on at {asked}")]
    Offset { have: u64, asked: u64 },
    #[error("the upload has {have} bytes of {expected}")]
    Incomplete { have: u64, expected: u64 },
    #[error("the content's SHA-256 is {found}, not {expected}; it was thrown away")]
    Digest { expected: Sha256, found: Sha256 },
    #[error("another request goes on with this upload")]
    TakenOver,
    #[error("the body broke off")]
    BrokenOff,
    #[error("nothing of the body came for too long")]
    Stalled,
    #[error("there is no room for it")]
    Full(#[source] io::Error),
    #[error("the objects' bucket refuses the keys of this platform, or what it wants with them")]
    Denied(#[source] BoxError),
    #[error("there is no such bucket")]
    NoBucket,
    #[error("the objects' bucket answers with an error")]
    Answer(#[source] BoxError),
    #[error("the objects cannot be reached, try again")]
    Away(#[source] BoxError),
}

impl From<io::Error> for ObjectsError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded => Self::Full(error),
            _ => Self::Away(error.into()),
        }
    }
}
