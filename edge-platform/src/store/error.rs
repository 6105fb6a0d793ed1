//! Why the store could not do it.

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
