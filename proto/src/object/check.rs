//! What may be said of an object, and what may be its name.

use std::collections::BTreeMap;

use crate::name::shown;

/// The most bytes that an object's name may have.
pub const MAX_NAME: usize = 128;
/// The most entries of custom metadata.
pub const MAX_METADATA: usize = 32;
/// The most bytes of a metadata key.
pub const MAX_KEY: usize = 64;
/// The most bytes of a metadata value, of a content type and of an encoding.
pub const MAX_TEXT: usize = 256;

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

#[cfg(test)]
mod tests {
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
