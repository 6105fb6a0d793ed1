//! Why the engine does not do what it should, and what that is to those who use it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use redb::{DatabaseError, StorageError};

use crate::outbox::store::StoreError;
use crate::outbox::store::record::VERSION;

/// Why the engine does not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("in use")]
    InUse,
    #[error("written by a newer version, {0}")]
    Version(u64),
    #[error(transparent)]
    Io(io::Error),
    /// What is in the file makes no sense.
    #[error("the file is damaged: {0}")]
    Damaged(String),
}

/// In the words of those who use it.
pub(super) fn told(path: &Path, trouble: Trouble) -> StoreError {
    let path = path.to_owned();
    match trouble {
        Trouble::InUse => StoreError::InUse { path },
        Trouble::Version(found) => StoreError::Version { path, found, known: VERSION },
        Trouble::Io(error) if is_full(&error) => StoreError::Full { path },
        Trouble::Io(error) => StoreError::Io { path, source: Arc::new(error) },
        Trouble::Damaged(_) => StoreError::Io { path, source: Arc::new(trouble) },
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Io(error) if is_foreign(&error) => Self::Damaged(error.to_string()),
            StorageError::Io(error) => Self::Io(error),
            error => Self::Damaged(error.to_string()),
        }
    }
}

/// The engine's word for a file that is none of its own, or shorter than it was.
fn is_foreign(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

impl From<DatabaseError> for Trouble {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Self::InUse,
            DatabaseError::Storage(error) => error.into(),
            error => Self::Damaged(error.to_string()),
        }
    }
}

impl From<redb::Error> for Trouble {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => StorageError::Io(error).into(),
            error => Self::Damaged(error.to_string()),
        }
    }
}

macro_rules! by_way_of_the_common_error {
    ($($error:ty),*) => {$(
        impl From<$error> for Trouble {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}

by_way_of_the_common_error!(redb::TransactionError, redb::TableError, redb::CommitError);
