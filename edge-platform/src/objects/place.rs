//! Where the contents of objects are: a folder, or a bucket that is spoken to as S3 is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::database_url::DatabaseUrl;

const S3: &str = "s3://";
/// Beside which database it is: this is appended to its file's name.
const SUFFIX: &str = ".objects";
/// Where there is no database's file.
const FOLDER: &str = "edge-platform.objects";

/// Where objects are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectsUrl {
    /// In a folder of this machine, which is made if it is not there.
    Folder(PathBuf),
    /// In a bucket. The address, the region and the keys are taken from the variables that all programs for S3
    /// know: `AWS_ENDPOINT`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`. Needs the feature `s3`.
    S3 {
        /// Its name.
        bucket: String,
        /// What the keys of all objects begin with; may be empty.
        prefix: String,
    },
}

/// Why a text is no place for objects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectsUrlError {
    /// Neither a folder nor a bucket.
    #[error("objects are stored in a folder or in `{S3}BUCKET/PREFIX`")]
    Unknown,
}

impl ObjectsUrl {
    /// Where they are when nobody says it: beside the database's file. `None`: in a folder that goes with the
    /// platform, as a database in memory does.
    pub(crate) fn beside(database: &DatabaseUrl) -> Option<Self> {
        if !database.is_durable() {
            return None;
        }
        let beside = database.file().map(|file| format!("{file}{SUFFIX}"));
        Some(Self::Folder(beside.unwrap_or_else(|| FOLDER.to_owned()).into()))
    }
}

impl FromStr for ObjectsUrl {
    type Err = ObjectsUrlError;

    fn from_str(text: &str) -> Result<Self, ObjectsUrlError> {
        if let Some(rest) = text.strip_prefix(S3) {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err(ObjectsUrlError::Unknown);
            }
            let prefix = prefix.trim_matches('/').to_owned();
            return Ok(Self::S3 { bucket: bucket.to_owned(), prefix });
        }
        if text.is_empty() || text.contains("://") {
            return Err(ObjectsUrlError::Unknown);
        }
        Ok(Self::Folder(text.into()))
    }
}

impl fmt::Display for ObjectsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::S3 { bucket, prefix } => write!(f, "{S3}{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        for (text, expected) in [
            ("/var/lib/objects", "/var/lib/objects"),
            ("s3://bucket", "s3://bucket/"),
            ("s3://bucket/a/b/", "s3://bucket/a/b"),
        ] {
            assert_eq!(text.parse::<ObjectsUrl>().unwrap().to_string(), expected);
        }
        for text in ["", "s3://", "s3:///x", "gs://bucket"] {
            assert_eq!(text.parse::<ObjectsUrl>(), Err(ObjectsUrlError::Unknown), "{text}");
        }
    }

    #[test]
    fn objects_are_beside_the_database() {
        let beside = |url: &str| ObjectsUrl::beside(&url.parse().unwrap()).map(|place| place.to_string());
        assert_eq!(beside("sqlite:/tmp/a.db").as_deref(), Some("/tmp/a.db.objects"));
        assert_eq!(beside("postgres://host/db").as_deref(), Some(FOLDER));
        assert_eq!(beside("sqlite::memory:"), None);
    }
}
