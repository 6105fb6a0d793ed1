//! Why the store could not do it.

use edge_proto::model::ModelError;

use super::tree::MAX_LEVELS;
use crate::error::BoxError;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database is away, full, or refused the statement.
    #[error("the database failed")]
    Database {
        /// Why.
        source: BoxError,
    },
    /// The tables could not be brought up to date.
    #[error("the database's tables cannot be brought up to date")]
    Migrate {
        /// Why.
        source: BoxError,
    },
    /// A row holds what we never wrote.
    #[error("the database holds an unreadable {what}")]
    Corrupt {
        /// Which column.
        what: &'static str,
        /// Why.
        source: BoxError,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database { source: error.into() }
    }
}

impl StoreError {
    /// Names the column that cannot be read.
    pub(super) fn corrupt<E: Into<BoxError>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Corrupt { what, source: source.into() }
    }
}

/// How many data points one device, or one tree of devices in one message, may have.
pub(crate) const MAX_POINTS: usize = 100_000;

/// Why a change was not made. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    #[error("it is not registered")]
    NotFound,
    #[error("`{name}` is at version {found}, the change was made against {expected}: read it again")]
    Conflict { name: String, expected: u64, found: u64 },
    #[error("the serial number `{sn}` belongs to another device already")]
    Taken { sn: String },
    #[error("the device `{device}` has the data point `{name}` already")]
    AssetTaken { device: String, name: String },
    #[error("the parent `{sn}` is not registered")]
    Parent { sn: String },
    #[error("`{sn}` would be a part of itself")]
    Cycle { sn: String },
    #[error("devices would be nested in more than {MAX_LEVELS} levels")]
    TooDeep,
    #[error("the device `{device}` would have more than {MAX_POINTS} data points")]
    TooMany { device: String },
    #[error("`{sn}` belongs to the organization of the device that it is a part of")]
    Organization { sn: String },
    #[error(transparent)]
    Invalid(#[from] ModelError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for EditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
