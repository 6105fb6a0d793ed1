//! Storage objects: what the platform says of one, its name, its address, and the words of the HTTP API that
//! brings its content.
//!
//! The content never travels in a message. A message has an object's description, with which whoever may read the
//! device finds the content at `/device/{id}/object/{name}`, and can tell whether it is all there.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// The most bytes that an object's name may have.
pub const MAX_NAME: usize = 128;
/// The most entries of custom metadata.
pub const MAX_METADATA: usize = 32;
/// The most bytes of a metadata key.
pub const MAX_KEY: usize = 64;
/// The most bytes of a metadata value, of a content type and of an encoding.
pub const MAX_TEXT: usize = 256;

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

/// Why an object cannot be described like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// The name is empty or too long.
    #[error("an object's name has 1 to {MAX_NAME} bytes, not {bytes}")]
    NameLength {
        /// How many it has.
        bytes: usize,
    },
    /// The name could be taken for something else than a name.
    #[error(
        "an object's name is made of ASCII letters, digits, `.`, `_` and `-`, and does not begin with a dot: \
         `{name}` is not"
    )]
    Name {
        /// The text, with control characters escaped, and not all of it when it is long.
        name: String,
    },
    /// A text that cannot stand in a header, or is empty or too long.
    #[error("{what} has 1 to {limit} bytes and no control characters")]
    Text {
        /// Which text.
        what: &'static str,
        /// The most bytes.
        limit: usize,
    },
    /// Not a media type.
    #[error("a content type is `type/subtype`, such as `image/jpeg`: `{text}` is not")]
    ContentType {
        /// The text, with control characters escaped, and not all of it when it is long.
        text: String,
    },
    /// Not the names of codings.
    #[error("an encoding is a word such as `gzip`, or several with commas: `{text}` is not")]
    Encoding {
        /// The text, with control characters escaped, and not all of it when it is long.
        text: String,
    },
    /// A key that is no name.
    #[error("a metadata key has 1 to {MAX_KEY} ASCII letters, digits, `_` and `-`: `{key}` is none")]
    Key {
        /// The text, with control characters escaped, and not all of it when it is long.
        key: String,
    },
    /// Too many entries.
    #[error("an object has at most {MAX_METADATA} entries of metadata, not {count}")]
    Metadata {
        /// How many there are.
        count: usize,
    },
    /// Not the address of an object of a platform.
    #[error("an object's address is `/device/ID/object/NAME`: `{uri}` is not")]
    Uri {
        /// The text, with control characters escaped, and not all of it when it is long.
        uri: String,
    },
    /// Not a SHA-256.
    #[error("a SHA-256 has 64 hexadecimal digits")]
    Digest,
}

/// Checks that `name` may be an object's: also a file's, on any system.
///
/// # Errors
/// When it may not be: it is empty, too long, could leave its folder, or would be hidden.
pub fn check_name(name: &str) -> Result<(), ObjectError> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(ObjectError::NameLength { bytes: name.len() });
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.starts_with('.') || !name.chars().all(is_plain) {
        return Err(ObjectError::Name { name: shown(name) });
    }
    Ok(())
}

/// Checks custom metadata: few, with keys that are names, and values that can stand in a header.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), ObjectError> {
    if metadata.len() > MAX_METADATA {
        return Err(ObjectError::Metadata { count: metadata.len() });
    }
    metadata.iter().try_for_each(|(key, value)| {
        if crate::name::check(key).is_err() {
            return Err(ObjectError::Key { key: shown(key) });
        }
        check_text("a metadata value", value)
    })
}

/// Checks a content type: a media type, perhaps with parameters.
///
/// # Errors
/// When it is none, too long, or cannot stand in a header.
pub fn check_content_type(text: &str) -> Result<(), ObjectError> {
    check_text("a content type", text)?;
    let (essence, _) = text.split_once(';').unwrap_or((text, ""));
    match essence.trim().split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) => Ok(()),
        _ => Err(ObjectError::ContentType { text: shown(text) }),
    }
}

/// Checks what a `Content-Encoding` says: the codings, in the order in which they were applied.
///
/// # Errors
/// When it is no such list, too long, or cannot stand in a header.
pub fn check_encoding(text: &str) -> Result<(), ObjectError> {
    check_text("an encoding", text)?;
    match text.split(',').all(|coding| is_token(coding.trim())) {
        true => Ok(()),
        false => Err(ObjectError::Encoding { text: shown(text) }),
    }
}

/// A word of HTTP's (RFC 9110).
fn is_token(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_allowed)
}

/// Checks a content type, an encoding or a metadata value.
///
/// # Errors
/// When it is empty, too long, or has control characters.
pub fn check_text(what: &'static str, text: &str) -> Result<(), ObjectError> {
    if text.is_empty() || text.len() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(ObjectError::Text { what, limit: MAX_TEXT });
    }
    Ok(())
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_NAME).collect::<String>().escape_debug().to_string()
}

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
            _ => Err(ObjectError::Uri { uri: shown(uri) }),
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

/// A SHA-256: on the wire 64 hexadecimal digits, as `sha256sum` prints it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sha256([u8; 32]);

const REPR_START: &str = "sha-256=:";

impl Sha256 {
    /// Of a content that is in memory.
    pub fn of(content: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(content);
        hasher.digest()
    }

    /// As the value of a [`REPR_DIGEST`] header.
    pub fn to_header(&self) -> String {
        format!("{REPR_START}{}:", STANDARD.encode(self.0))
    }

    /// From the value of a [`REPR_DIGEST`] header, which may have other digests as well.
    pub fn from_header(value: &str) -> Option<Self> {
        let digests = value.split(',').map(str::trim);
        let text = digests.filter_map(|digest| digest.strip_prefix(REPR_START)?.strip_suffix(':')).next()?;
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Sha256 {
    type Err = ObjectError;

    fn from_str(text: &str) -> Result<Self, ObjectError> {
        let digits: Option<Vec<u8>> =
            text.chars().map(|c| c.to_digit(16).and_then(|digit| digit.try_into().ok())).collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(ObjectError::Digest)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = ObjectError;

    fn try_from(text: String) -> Result<Self, ObjectError> {
        text.parse()
    }
}

/// Makes a [`Sha256`] of what comes in pieces.
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Of all pieces so far.
    pub fn digest(&self) -> Sha256 {
        Sha256(self.0.clone().finalize().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_files_and_nothing_else() {
        for name in ["shot.jpg", "a", "2031-02-03_04.tar.gz", "x..y", &"n".repeat(MAX_NAME)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let long = "n".repeat(MAX_NAME + 1);
        for name in
            ["", ".", "..", ".hidden", "a/b", "../a", "a\\b", "a\0", "a b", "ä", "%2e%2e", "a\n", &long]
        {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

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

        #[test]
        fn a_digest_survives_both_ways_of_writing_it(content: Vec<u8>) {
            let digest = Sha256::of(&content);
            prop_assert_eq!(digest.to_string().parse::<Sha256>(), Ok(digest));
            prop_assert_eq!(Sha256::from_header(&digest.to_header()), Some(digest));
        }
    }

    #[test]
    fn the_digest_is_the_one_that_others_print() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256::of(b"").to_string(), empty);
        assert_eq!(
            Sha256::from_header("md5=:AAAA:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
            empty.parse().ok()
        );
        for text in ["", "e3b0", &empty[1..], "sha-256", &format!("{empty}0")] {
            assert_eq!(text.parse::<Sha256>(), Err(ObjectError::Digest));
        }
    }

    #[test]
    fn metadata_can_stand_in_headers() {
        let check =
            |key: &str, value: &str| check_metadata(&BTreeMap::from([(key.to_owned(), value.to_owned())]));
        assert_eq!(check("lens", "wide, 24 mm"), Ok(()));
        for (key, value) in [
            ("", "x"),
            ("le ns", "x"),
            ("lens", ""),
            ("lens", "a\r\nSet-Cookie: b"),
            ("lens", &"v".repeat(257)),
        ] {
            assert!(check(key, value).is_err(), "{key} {value}");
        }
        let many = (0..33).map(|number| (format!("k{number}"), "v".to_owned())).collect();
        assert_eq!(check_metadata(&many), Err(ObjectError::Metadata { count: 33 }));
    }

    #[test]
    fn content_types_and_encodings_are_words_of_http() {
        for good in ["image/jpeg", "application/vnd.example+json", "text/plain; charset=utf-8", "text/plain;"]
        {
            assert_eq!(check_content_type(good), Ok(()), "{good}");
        }
        for bad in ["image", "image/", "/jpeg", "image/jp eg", "a/b/c", "image jpeg; a/b", "bild/größe", ";"]
        {
            assert!(matches!(check_content_type(bad), Err(ObjectError::ContentType { .. })), "{bad}");
        }
        for bad in ["", "a/\n", &format!("a/{}", "b".repeat(255))] {
            assert!(matches!(check_content_type(bad), Err(ObjectError::Text { .. })), "{bad}");
        }
        for good in ["gzip", "br", "deflate, gzip", "x-delta"] {
            assert_eq!(check_encoding(good), Ok(()), "{good}");
        }
        for bad in ["gzip br", "gzip,", ",", "gzip;q=1", "größe"] {
            assert!(matches!(check_encoding(bad), Err(ObjectError::Encoding { .. })), "{bad}");
        }
    }
}
