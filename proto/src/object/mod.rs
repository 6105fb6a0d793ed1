//! Storage objects: what the platform says of one, its name, its address, and the words of the HTTP API that
//! brings its content.
//!
//! The content never travels in a message. A message has an object's description, with which whoever may read the
//! device finds the content at `/device/{id}/object/{name}`, and can tell whether it is all there.

mod check;
mod sha256;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use check::{
    MAX_KEY, MAX_METADATA, MAX_NAME, MAX_TEXT, ObjectError, check_content_type, check_encoding,
    check_metadata, check_name, check_text,
};
pub use sha256::{Hasher, Sha256};

/// What an object is when nobody says it.
pub const DEFAULT_TYPE: &str = "application/octet-stream";

/// Request header: the digest of the whole content (RFC 9530), `sha-256=:base64:`.
pub const REPR_DIGEST: &str = "repr-digest";
/// Header: how many bytes of an upload the platform has.
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// What the headers with custom metadata begin with.
pub const META_PREFIX: &str = "x-object-meta-";

const DEVICE: &str = "device";
const OBJECT: &str = "object";
const UPLOAD: &str = "upload";

/// What the platform has of an object, and what a state or a command says of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredObject {
    /// Where the content is: see [`Place`].
    pub uri: String,
    /// The name in the device's storage.
    pub name: String,
    /// The media type.
    pub content_type: String,
    /// The `Content-Encoding`, when the content is compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Bytes.
    pub length: u64,
    /// When it was stored.
    pub date: Timestamp,
    /// Of the whole content.
    pub sha256: Sha256,
    /// What its maker says besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// What completes an upload: all that is said of it before it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// The media type.
    pub content_type: String,
    /// The `Content-Encoding`, when the content is compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Of the whole content: what has another one is not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// What its maker says besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Description {
    /// Checks texts and metadata.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), ObjectError> {
        check_content_type(&self.content_type)?;
        self.encoding.as_deref().map_or(Ok(()), check_encoding)?;
        check_metadata(&self.metadata)
    }
}

/// Where an object is: `/device/{device}/object/{name}`, at the platform that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The device's serial number.
    pub device: String,
    /// The object's name.
    pub name: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{DEVICE}/{}/{OBJECT}/{}", self.device, self.name)
    }
}

impl FromStr for Place {
    type Err = ObjectError;

    fn from_str(uri: &str) -> Result<Self, ObjectError> {
        let parts: Vec<&str> = uri.split('/').collect();
        match parts[..] {
            ["", DEVICE, device, OBJECT, name]
                if crate::name::check(device).is_ok() && check_name(name).is_ok() =>
            {
                Ok(Self { device: device.to_owned(), name: name.to_owned() })
            }
            _ => Err(ObjectError::Uri { uri: crate::name::shown(uri) }),
        }
    }
}

impl Place {
    /// The parts of its path.
    pub fn path(&self) -> [&str; 4] {
        [DEVICE, &self.device, OBJECT, &self.name]
    }

    /// The parts of the path of an upload to it.
    pub fn upload_path<'a>(&'a self, upload: &'a str) -> [&'a str; 6] {
        [DEVICE, &self.device, OBJECT, &self.name, UPLOAD, upload]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_never_leaves_its_folder(name in "\\PC{0,40}|[./\\\\%a-z]{0,12}") {
            if check_name(&name).is_ok() {
                let path = std::path::Path::new("folder").join(&name);
                prop_assert_eq!(path.components().count(), 2);
                prop_assert_eq!(path.file_name().unwrap().to_str(), Some(name.as_str()));
                let place = Place { device: "GH-1".into(), name };
                prop_assert_eq!(place.to_string().parse::<Place>(), Ok(place));
            }
        }

        #[test]
        fn what_is_no_place_is_refused(uri in "\\PC{0,60}|/device/[a-z./]{0,9}/object/[a-z./%]{0,12}") {
            if let Ok(place) = uri.parse::<Place>() {
                prop_assert_eq!(place.to_string(), uri);
                prop_assert_eq!(check_name(&place.name), Ok(()));
            }
        }
    }
}
