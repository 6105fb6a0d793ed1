//! Why an object was not brought to where it should be.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use edge_proto::object::{ObjectError, Sha256};

/// Why the content of a [`StorageObject`](crate::StorageObject) was not brought to where it should be. No variant
/// holds a credential. Files and states are as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Its name, its type or its metadata cannot be used.
    #[error("the object `{name}` cannot be stored")]
    Description {
        /// Its name, in short.
        name: String,
        /// What is wrong.
        source: ObjectError,
    },
    /// Neither an input path nor an output path: there is nothing to do.
    #[error("the object `{name}` has neither an input path nor an output path")]
    NoPath {
        /// Its name.
        name: String,
    },
    /// A path cannot be changed while the content is on its way.
    #[error("the object `{name}` is on its way")]
    Pending {
        /// Its name.
        name: String,
    },
    /// The input path cannot be read.
    #[error("`{}` cannot be read: {reason}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is another one than when its upload began.
    #[error("`{}` has changed while it was read", path.display())]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// The output path cannot be written.
    #[error("`{}` cannot be written: {reason}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The platform has no storage for objects, or nobody has said where.
    #[error("this platform has no storage for objects")]
    Unsupported,
    /// Not reached, silent for too long, or broken off too often; what has come stays, and the next attempt goes on
    /// from there.
    #[error("{endpoint} cannot be reached for {object}: {reason}")]
    Unavailable {
        /// The storage's address.
        endpoint: String,
        /// The object's address there.
        object: String,
        /// In short.
        reason: String,
    },
    /// The token is none, or is not for this device.
    #[error("{endpoint} refuses the token for {object}: {message}")]
    Forbidden {
        /// The storage's address.
        endpoint: String,
        /// The object's address there.
        object: String,
        /// Its words.
        message: String,
    },
    /// There is no such object, or no such device.
    #[error("{endpoint} has no {object}: {message}")]
    NotFound {
        /// The storage's address.
        endpoint: String,
        /// The object's address there.
        object: String,
        /// Its words.
        message: String,
    },
    /// The storage does not take it: it is too large, say.
    #[error("{endpoint} refuses {object} ({status}): {message}")]
    Rejected {
        /// The storage's address.
        endpoint: String,
        /// The object's address there.
        object: String,
        /// The HTTP status.
        status: u16,
        /// Its words.
        message: String,
    },
    /// What has come is not what was sent, or what was asked for.
    #[error("the content of {object} has the SHA-256 {found}, not {expected}")]
    Digest {
        /// The object's address.
        object: String,
        /// Of what it should be.
        expected: Sha256,
        /// Of what it is.
        found: Sha256,
    },
    /// The object is another one by now than the one that was asked for.
    #[error("{object} is another one by now")]
    Replaced {
        /// The object's address.
        object: String,
    },
    /// It answers something that cannot be understood.
    #[error("{endpoint} answers for {object} what cannot be understood: {reason}")]
    Protocol {
        /// The storage's address.
        endpoint: String,
        /// The object's address there.
        object: String,
        /// In short.
        reason: String,
    },
    /// Whoever waited for it has given it up.
    #[error("the object `{name}` was given up on its way")]
    Cancelled {
        /// Its name.
        name: String,
    },
}

impl StorageError {
    /// Whether the same call may succeed later, and then goes on from where it broke off.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Cancelled { .. })
    }

    pub(crate) fn read(path: &Path, reason: &dyn fmt::Display) -> Self {
        Self::Read { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn write(path: &Path, reason: &dyn fmt::Display) -> Self {
        Self::Write { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// The work of another thread that cannot fail by itself.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
