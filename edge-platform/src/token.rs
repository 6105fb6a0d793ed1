//! Who may do what: bearer tokens, for everything, for an organization or for one device.

use std::fmt;
use std::str::FromStr;

use edge_proto::DeviceId;
use edge_proto::name::NameError;

use edge_proto::Secret;

/// What a caller may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Every device.
    All,
    /// The devices of this organization; there are no others for it.
    Organization(String),
    /// This device, and those that are parts of it.
    Device(DeviceId),
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
    /// What stands after `=org:` cannot be an organization's id.
    #[error("a token's organization id is empty, too long, or holds control characters")]
    Organization,
}

/// How the part of a token's text begins that names an organization.
const ORGANIZATION: &str = "org:";

/// The most bytes of an organization's id in a token.
const MAX_ORGANIZATION: usize = 256;

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

    /// Adds a token for the devices of one organization.
    #[must_use]
    pub fn with_organization(mut self, token: impl Into<String>, organization: impl Into<String>) -> Self {
        let access = Access::Organization(organization.into());
        self.0.push(Grant { token: Secret::new(token), access });
        self
    }

    /// Adds a token written as `TOKEN`, `TOKEN=DEVICE_ID` or `TOKEN=org:ORGANIZATION_ID`.
    ///
    /// The last `=` counts. One at the very end is part of the token: Base64 ends like that.
    ///
    /// # Errors
    /// When the token is empty or what it is for is no name: a typo must not make a token for everything.
    pub fn with_text(self, text: &str) -> Result<Self, TokenError> {
        let (token, subject) = match text.rsplit_once('=') {
            Some((token, subject)) if !subject.is_empty() => (token, Some(subject)),
            _ => (text, None),
        };
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        let Some(subject) = subject else { return Ok(self.with(token)) };
        match subject.strip_prefix(ORGANIZATION) {
            Some(id) if is_organization(id) => Ok(self.with_organization(token, id)),
            Some(_) => Err(TokenError::Organization),
            None => Ok(self.with_device(token, DeviceId::new(subject).map_err(TokenError::Device)?)),
        }
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

/// Whether it can stand in a token.
pub(crate) fn is_organization(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_ORGANIZATION && !id.chars().any(char::is_control)
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
        let tokens: Tokens = "maker:4All base64== dev:1=GH-1 ours=org:ac/me:1".parse().unwrap();
        assert_eq!(tokens.access(presented), expected);
    }

    #[test]
    fn a_token_opens_what_it_was_given_for() {
        check(Some("maker:4All"), Some(Access::All));
        check(Some("base64=="), Some(Access::All));
        check(Some("dev:1"), Some(Access::Device(DeviceId::new("GH-1").unwrap())));
        check(Some("ours"), Some(Access::Organization("ac/me:1".into())));
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
        for text in ["s3cret=GH/1", "s3cret=org:", "s3cret=org:a\nb", "s3cret=ORG:a"] {
            let error = Tokens::default().with_text(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
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
