//! How a client is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use edge_proto::Secret;

use super::calls::Calls;
use super::client::ConnectorClient;
use super::env::{DEFAULT_PORT, EXAMPLE};
use super::grpc::Transport;
use crate::address::{Address, HTTP, redact, with_scheme};
use crate::backoff::Backoff;
use crate::config::ConfigError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const DEADLINE: Duration = Duration::from_secs(30);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// Longer times are as good as this one, and can still be added to a clock.
const LONGEST_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How often a call is made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// Not at all.
    Never,
    /// So many times after the first attempt, within the deadline.
    AtMost(u32),
    /// As long as there is time.
    #[default]
    UntilDeadline,
}

/// When attempts are made, and when they are given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) attempt_timeout: Duration,
    pub(super) deadline: Duration,
    pub(super) retry: Retry,
    pub(super) backoff: Backoff,
}

/// Client certificate and key, in PEM.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// What the connection is made with.
#[derive(Clone, Default)]
pub(super) struct Security {
    pub(super) token: Option<Secret>,
    pub(super) ca: Option<Vec<u8>>,
    #[cfg(feature = "mqtt")]
    pub(super) crl: Option<Vec<u8>>,
    pub(super) identity: Option<Identity>,
}

/// Sets up a [`ConnectorClient`]; see [`ConnectorClient::builder`].
#[derive(Clone)]
#[must_use = "nothing is set up before `.build()`"]
pub struct ConnectorBuilder {
    /// What the URL is called where it comes from.
    setting: &'static str,
    url: String,
    security: Security,
    allow_plaintext: bool,
    connect_timeout: Duration,
    timing: Timing,
}

/// Without token, keys, and what else an address may hold.
impl fmt::Debug for ConnectorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorBuilder")
            .field("url", &redact(&self.url))
            .field("allow_plaintext", &self.allow_plaintext)
            .field("connect_timeout", &self.connect_timeout)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

impl ConnectorBuilder {
    pub(crate) fn new(setting: &'static str, url: impl Into<String>) -> Self {
        Self {
            setting,
            url: url.into(),
            security: Security::default(),
            allow_plaintext: false,
            connect_timeout: CONNECT_TIMEOUT,
            timing: Timing {
                attempt_timeout: ATTEMPT_TIMEOUT,
                deadline: DEADLINE,
                retry: Retry::default(),
                backoff: Backoff::new(FIRST_DELAY, LONGEST_DELAY),
            },
        }
    }

    /// Authenticates with this bearer token.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.security.token = Some(Secret::new(token));
        self
    }

    /// Trusts servers with a certificate of this authority (PEM), and no others, over `https://`. Without
    /// it the system's authorities are trusted.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.security.ca = Some(pem.into());
        self
    }

    /// Refuses servers whose certificate the authority of [`ca`](Self::ca) has revoked, by its lists (PEM, CRL), over
    /// `https://`. Of every authority that has signed something of a server's chain there must be a list. A list that is past
    /// its date counts for what it says. Needs the feature `mqtt`, whose TLS it is.
    #[cfg(feature = "mqtt")]
    pub fn crl(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.security.crl = Some(pem.into());
        self
    }

    /// Presents this certificate (PEM, with its chain) and proves it with its key (PEM), over `https://`.
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.security.identity = Some(Identity { certificate: certificate.into(), key: key.into() });
        self
    }

    /// Speaks without TLS to other machines as well. Whoever is on the way reads the token.
    pub fn allow_plaintext(mut self) -> Self {
        self.allow_plaintext = true;
        self
    }

    /// How long making a connection may take, and as long again its TLS handshake; 5 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.min(LONGEST_TIME);
        self
    }

    /// How long one attempt may take, making a connection included; 10 s by default.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.timing.attempt_timeout = timeout.min(LONGEST_TIME);
        self
    }

    /// How long a call may take with all its attempts and the waits between them; 30 s by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.timing.deadline = deadline.min(LONGEST_TIME);
        self
    }

    /// How often a call is made again; until the deadline by default.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.timing.retry = retry;
        self
    }

    /// The waits between attempts: random, up to `first`, then up to twice as long each time, up to
    /// `longest`; 100 ms and 5 s by default.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.timing.backoff = Backoff::new(first.min(LONGEST_TIME), longest.min(LONGEST_TIME));
        self
    }

    /// Checks it all. Connects to nothing yet.
    ///
    /// # Errors
    /// When the address is none, or would be spoken to in clear; when the token or a certificate cannot be
    /// used.
    pub fn build(self) -> Result<ConnectorClient, ConfigError> {
        let address =
            Address::parse(self.setting, &with_scheme(HTTP, &self.url), Some(DEFAULT_PORT), EXAMPLE)?;
        if !self.allow_plaintext {
            address.check_plaintext(self.setting)?;
        }
        let transport = Transport::new(self.setting, &address, &self.security, self.connect_timeout)?;
        Ok(ConnectorClient(Arc::new(Calls::new(&address, transport, self.timing))))
    }
}
