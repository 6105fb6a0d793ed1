//! Who may do what: bearer tokens, for everything or for one device.

use std::fmt;
use std::str::FromStr;

use edge_proto::DeviceId;
use edge_proto::name::NameError;

use edge_proto::Secret;

/// What a caller may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Every device.
    All,
    /// This device only.
    Device(DeviceId),
}

impl Access {
    /// Whether the device with that id may be touched.
    pub fn allows(&self, device: &str) -> bool {
        match self {
            Self::All => true,
            Self::Device(own) => own.as_str() == device,
        }
    }
}

/// Why a text is no token. It never contains the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nothing, or nothing before `=DEVICE_ID`.
    #[error("the token is empty")]
    Empty,
    /// What stands after `=` cannot be a device's id.
    #[error("a token's device id is no name")]
    Device(#[source] NameError),
}

#[derive(Clone, Debug)]
struct Grant {
    token: Secret,
    access: Access,
}

/// The tokens that are accepted. None at all: everybody may do everything, which is for loopback.
#[derive(Clone, Default)]
pub struct Tokens(Vec<Grant>);

impl Tokens {
    /// Adds a token for everything.
    #[must_use]
    pub fn with(mut self, token: impl Into<String>) -> Self {
        self.0.push(Grant { token: Secret::new(token), access: Access::All });
        self
    }

    /// Adds a token for one device.
    #[must_use]
    pub fn with_device(mut self, token: impl Into<String>, device: DeviceId) -> Self {
        self.0.push(Grant { token: Secret::new(token), access: Access::Device(device) });
        self
    }

    /// Adds a token written as `TOKEN` or `TOKEN=DEVICE_ID`.
    ///
    /// The last `=` counts. One at the very end is part of the token: Base64 ends like that.
    ///
    /// # Errors
    /// When the token is empty or the device id is no name: a typo must not make a token for everything.
    pub fn with_text(self, text: &str) -> Result<Self, TokenError> {
        let (token, device) = match text.rsplit_once('=') {
            Some((token, device)) if !device.is_empty() => (token, Some(device)),
            _ => (text, None),
        };
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        Ok(match device {
            Some(device) => self.with_device(token, DeviceId::new(device).map_err(TokenError::Device)?),
            None => self.with(token),
        })
    }

    /// Whether no token is needed.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// What the presented token may touch; `None`: nothing.
    pub fn access(&self, presented: Option<&str>) -> Option<Access> {
        if self.is_open() {
            return Some(Access::All);
        }
        let presented = presented?;
        // Every token is compared, so that the time does not say which one it was.
        self.0.iter().fold(None, |found, grant| {
            if grant.token.matches(presented) { Some(grant.access.clone()) } else { found }
        })
    }
}

impl FromStr for Tokens {
    type Err = TokenError;

    /// Reads tokens separated by whitespace.
    fn from_str(text: &str) -> Result<Self, TokenError> {
        text.split_whitespace().try_fold(Self::default(), Self::with_text)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|grant| &grant.access)).finish()
    }
}

const SCHEME: &str = "Bearer";

/// The token in an `Authorization: Bearer TOKEN` header.
pub(crate) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(presented: Option<&str>, expected: Option<Access>) {
        let tokens: Tokens = "maker:4All base64== dev:1=GH-1".parse().unwrap();
        assert_eq!(tokens.access(presented), expected);
    }

    #[test]
    fn a_token_opens_what_it_was_given_for() {
        check(Some("maker:4All"), Some(Access::All));
        check(Some("base64=="), Some(Access::All));
        check(Some("dev:1"), Some(Access::Device(DeviceId::new("GH-1").unwrap())));
        check(Some("dev:1=GH-1"), None);
        check(Some(""), None);
        check(None, None);
    }

    #[test]
    fn without_tokens_everybody_may_do_everything() {
        assert_eq!(Tokens::default().access(None), Some(Access::All));
    }

    #[test]
    fn a_typo_makes_no_token_and_the_error_does_not_show_it() {
        assert_eq!(Tokens::default().with_text("").unwrap_err(), TokenError::Empty);
        assert_eq!(Tokens::default().with_text("=GH-1").unwrap_err(), TokenError::Empty);
        let error = Tokens::default().with_text("s3cret=GH/1").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
        let tokens = Tokens::default().with("s3cret");
        assert!(!format!("{tokens:?}").contains("s3cret"));
    }

    #[test]
    fn the_bearer_token_is_what_follows_the_scheme() {
        assert_eq!(bearer("Bearer maker:4x"), Some("maker:4x"));
        assert_eq!(bearer("bearer  x "), Some("x"));
        assert_eq!(bearer("Basic x"), None);
        assert_eq!(bearer("x"), None);
    }
}
