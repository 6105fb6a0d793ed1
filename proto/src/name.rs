//! Names on the wire: letters, digits, `_` and `-`; 1 to 64 bytes.
//!
//! No dots, slashes or wildcards: names are MQTT topic levels, and subjects of the brokers that map
//! levels to dots. The macros check literals against the same rule at compile time.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The most bytes that a name may have.
pub const MAX_BYTES: usize = 64;

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The text is empty.
    #[error("the name is empty")]
    Empty,
    /// The text has more than [`MAX_BYTES`] bytes.
    #[error("the name has {bytes} bytes, the limit is {MAX_BYTES}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// A character that is no letter, digit, `_` or `-`.
    #[error("the name `{name}` contains {character:?}; allowed are ASCII letters, digits, `_` and `-`")]
    Character {
        /// The whole text, with control characters escaped.
        name: String,
        /// The first character that is not allowed.
        character: char,
    },
}

/// Checks that `name` may go on the wire.
///
/// # Errors
/// Says what is wrong with it: see [`NameError`].
pub fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_BYTES {
        return Err(NameError::TooLong { bytes: name.len() });
    }
    let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    // All that may be in a name is one byte, so what is not begins a character.
    match name.bytes().position(|byte| !is_of_names(byte)).and_then(|at| name[at..].chars().next()) {
        Some(character) => Err(NameError::Character { name: name.escape_debug().to_string(), character }),
        None => Ok(()),
    }
}

/// A device's id on the wire: its serial number, checked to be a name. Clones share the text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(Arc<str>);

impl DeviceId {
    /// Takes a serial number that is a name.
    ///
    /// # Errors
    /// When it is none: see [`check`].
    pub fn new(sn: &str) -> Result<Self, NameError> {
        check(sn)?;
        Ok(Self(sn.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Looked up by its text, also in maps.
impl Borrow<str> for DeviceId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A text in place of a name, as messages show it: short, and without control characters.
pub fn shown(text: &str) -> String {
    text.chars().take(MAX_BYTES).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_single_topic_levels() {
        for good in ["a", "GH-1", "air_quality", "9", &"x".repeat(64)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in
            ["", "a/b", "+", "#", "a b", "$SYS", "nul\0", "..", "%2f", "tempé", "\u{202e}x", &"x".repeat(65)]
        {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
