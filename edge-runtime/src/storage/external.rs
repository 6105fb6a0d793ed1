//! A URI as a value: of content that is none of the platform's.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The most bytes of a URI.
const MAX_URI: usize = 2048;

/// A URI as an asset's value: the content behind it is the application's own matter.
///
/// ```
/// use edge_runtime::ExternalObject;
///
/// let map: ExternalObject = "https://example.org/maps/7.pdf".parse()?;
/// assert_eq!(map.uri(), "https://example.org/maps/7.pdf");
/// # Ok::<_, edge_runtime::storage::UriError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ExternalObject(String);

/// Why a text is no URI of an [`ExternalObject`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// It is not an absolute URI.
    #[error("not an absolute URI: {reason}")]
    Invalid {
        /// What is wrong.
        reason: String,
    },
    /// It is too long.
    #[error("a URI has at most {MAX_URI} bytes, not {bytes}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
}

impl ExternalObject {
    /// Takes an absolute URI, `scheme:..`, as it is.
    ///
    /// # Errors
    /// When it is none, or has more than 2048 bytes.
    pub fn new(uri: impl Into<String>) -> Result<Self, UriError> {
        let uri = uri.into();
        if uri.len() > MAX_URI {
            return Err(UriError::TooLong { bytes: uri.len() });
        }
        if let Some(character) = uri.chars().find(|c| c.is_control() || c.is_whitespace()) {
            return Err(UriError::Invalid { reason: format!("it contains {character:?}") });
        }
        Url::parse(&uri).map_err(|error| UriError::Invalid { reason: error.to_string() })?;
        Ok(Self(uri))
    }

    /// The URI, as it was given.
    pub fn uri(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExternalObject {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        Self::new(text)
    }
}

impl fmt::Display for ExternalObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ExternalObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExternalObject").field(&self.0).finish()
    }
}
