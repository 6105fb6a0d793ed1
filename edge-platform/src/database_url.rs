//! Where the store keeps its tables: `sqlite::memory:`, `sqlite:PATH` or `postgres://..`.

use std::fmt;
use std::str::FromStr;

const MEMORY: &str = "sqlite::memory:";
const SQLITE: &str = "sqlite:";
const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];

/// A database that the store knows how to use.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Memory,
    SqliteFile(String),
    /// The whole URL: it may hold a password, so it is never shown.
    Postgres(String),
}

/// Why a text is no database's URL. It never contains the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseUrlError {
    /// None of the databases that the store knows.
    #[error("the database must be `{MEMORY}`, `{SQLITE}PATH` or `postgres://..`")]
    Unknown,
}

impl DatabaseUrl {
    /// A SQLite database that lives and dies with the process.
    pub fn memory() -> Self {
        Self(Kind::Memory)
    }

    /// A SQLite database in a file, which is created when it is missing.
    pub fn sqlite(path: impl AsRef<std::path::Path>) -> Self {
        Self(Kind::SqliteFile(path.as_ref().to_string_lossy().into_owned()))
    }

    /// Whether it is still there after a restart.
    pub fn is_durable(&self) -> bool {
        self.0 != Kind::Memory
    }

    /// The file that it is in, if it is in one.
    pub(crate) fn file(&self) -> Option<&str> {
        match &self.0 {
            Kind::SqliteFile(path) => Some(path),
            Kind::Memory | Kind::Postgres(_) => None,
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        !matches!(self.0, Kind::Postgres(_))
    }

    /// What sqlx connects to.
    pub(crate) fn to_sqlx(&self) -> String {
        match &self.0 {
            Kind::Memory => MEMORY.to_owned(),
            Kind::SqliteFile(path) => format!("{SQLITE}{}?mode=rwc", encode(path)),
            Kind::Postgres(url) => url.clone(),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        if text == MEMORY {
            return Ok(Self::memory());
        }
        if POSTGRES.iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self(Kind::Postgres(text.to_owned())));
        }
        let path = text.strip_prefix(SQLITE).ok_or(DatabaseUrlError::Unknown)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') {
            return Err(DatabaseUrlError::Unknown);
        }
        Ok(Self::sqlite(path))
    }
}

/// Without password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Memory => f.write_str(MEMORY),
            Kind::SqliteFile(path) => write!(f, "{SQLITE}{path}"),
            Kind::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
                write!(f, "{}{}", POSTGRES[0], address.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Escapes what a URL would take for something else than the path.
fn encode(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shown: &str, sqlx: &str) {
        let url: DatabaseUrl = text.parse().unwrap();
        assert_eq!((url.to_string().as_str(), url.to_sqlx().as_str()), (shown, sqlx));
    }

    #[test]
    fn databases_are_told_apart_and_shown_without_password() {
        check("sqlite::memory:", "sqlite::memory:", "sqlite::memory:");
        check("sqlite:a b.db", "sqlite:a b.db", "sqlite:a b.db?mode=rwc");
        check("sqlite:///tmp/x?.db", "sqlite:/tmp/x?.db", "sqlite:/tmp/x%3F.db?mode=rwc");
        let url = "postgres://me:s3cret@host/db?password=s3cret";
        check(url, "postgres://host/db", url);
    }

    #[test]
    fn other_databases_are_refused() {
        for text in ["", "edge.db", "sqlite:", "mysql://x", "sqlite::memory"] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(DatabaseUrlError::Unknown), "{text}");
        }
    }
}
