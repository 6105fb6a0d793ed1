//! AllThingsTalk as a platform: its HTTP API and its broker.

use std::fmt;
use std::sync::Arc;

use edge_proto::{BrokerUrl, BrokerUrlError, Secret};

use super::Platform;
use crate::address::redact;
use crate::allthingstalk::{BaseClient, CLOUD_MQTT, Client, ClientBuilder, with_scheme};
use crate::config::ConfigError;
use crate::link::Dialect;
use crate::link::mqtt::Mqtt;
use crate::registry::AllThingsTalk;
use crate::tls::TlsConfig;

const MQTT: &str = "mqtt";
const MQTTS: &str = "mqtts";

/// The addresses of AllThingsTalk; see [`Platform::allthingstalk`].
#[must_use = "nothing is set up before `.build()`"]
pub struct AllThingsTalkBuilder {
    http: ClientBuilder,
    mqtt: String,
    client: Option<Arc<dyn BaseClient>>,
}

/// Without token and keys.
impl fmt::Debug for AllThingsTalkBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllThingsTalkBuilder")
            .field("http", &self.http)
            .field("mqtt", &redact(&self.mqtt))
            .finish_non_exhaustive()
    }
}

impl Platform {
    /// AllThingsTalk, at `https://api.allthingstalk.io` and its broker with TLS, or with `.http(..)` and
    /// `.mqtt(..)` at a space of its own, or anything else that speaks like it. What is different there:
    /// [`allthingstalk`](crate::allthingstalk).
    pub fn allthingstalk(token: impl Into<String>) -> AllThingsTalkBuilder {
        AllThingsTalkBuilder { http: Client::builder(token), mqtt: CLOUD_MQTT.to_owned(), client: None }
    }
}

impl AllThingsTalkBuilder {
    /// The API's address, `http[s]://host[:port]`. Without a scheme it is `https`, but `http` on this machine.
    pub fn http(mut self, url: impl Into<String>) -> Self {
        self.http = self.http.http(url);
        self
    }

    /// The broker's address, `mqtt[s]://host[:port]`. Without a scheme it is `mqtts`, but `mqtt` on this machine.
    pub fn mqtt(mut self, url: impl Into<String>) -> Self {
        self.mqtt = url.into();
        self
    }

    /// Trusts servers with a certificate of this authority (PEM), and no others. Without it the system's
    /// authorities are trusted.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http = self.http.ca(pem);
        self
    }

    /// Refuses servers whose certificate the authority of [`ca`](Self::ca) has revoked, by its lists (PEM, CRL); see
    /// [`ClientBuilder::crl`](crate::allthingstalk::ClientBuilder::crl).
    pub fn crl(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http = self.http.crl(pem);
        self
    }

    /// Speaks without TLS to other machines as well. Whoever is on the way reads the token.
    pub fn allow_plaintext(mut self) -> Self {
        self.http = self.http.allow_plaintext();
        self
    }

    /// A client of your own instead of HTTP; the broker is spoken to as before.
    pub fn client(mut self, client: impl BaseClient) -> Self {
        self.client = Some(Arc::new(client));
        self
    }

    /// Checks the addresses. Connects to nothing yet.
    ///
    /// # Errors
    /// When an address is none, or would be spoken to in clear; when the token or a certificate cannot be used.
    pub fn build(self) -> Result<Platform, ConfigError> {
        let link = self.link()?;
        let client = match self.client {
            Some(client) => client,
            None => Arc::new(self.http.build()?),
        };
        Ok(Platform::new(AllThingsTalk(client), link))
    }

    fn link(&self) -> Result<Mqtt, ConfigError> {
        let text = with_scheme([MQTT, MQTTS], &self.mqtt);
        let broker: BrokerUrl = text.parse().map_err(|error: BrokerUrlError| ConfigError::Address {
            setting: MQTT,
            address: redact(&text),
            reason: error.to_string(),
            example: CLOUD_MQTT,
        })?;
        if !broker.tls && !broker.is_loopback() && !self.http.allow_plaintext {
            return Err(ConfigError::Plaintext { setting: MQTT, address: redact(&text) });
        }
        let tls = broker.tls.then(|| TlsConfig::new(MQTT, &self.http.trust)).transpose()?;
        let token: Secret = self.http.token.clone();
        // The cloud looks at the user's name only.
        let credentials = Some((token.clone(), token));
        let nodes = vec![(broker.host, broker.port)];
        Ok(Mqtt { nodes, tls, credentials, dialect: Dialect::AllThingsTalk })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(http: &str, mqtt: &str) -> String {
        match Platform::allthingstalk("canary").http(http).mqtt(mqtt).build() {
            Ok(platform) => {
                format!("{} {}", platform.registry().endpoint(), platform.shared_link().endpoint())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn addresses_are_as_safe_as_they_can_be() {
        for (http, mqtt, expected) in [
            ("127.0.0.1:8011", "127.0.0.1:1883", "http://127.0.0.1:8011 mqtt://127.0.0.1:1883"),
            ("localhost", "[::1]", "http://localhost:80 mqtt://::1:1883"),
            ("http://example.org", "localhost", "http: `http://example.org:80` is not on this machine"),
            (
                "localhost",
                "mqtt://me:canary@example.org",
                "mqtt: `mqtt://example.org` is not on this machine",
            ),
            ("ftp://localhost", "localhost", "http: `ftp://localhost` is not an address"),
        ] {
            let text = built(http, mqtt);
            assert!(text.starts_with(expected) && !text.contains("canary"), "{text}");
        }
        let builder = Platform::allthingstalk("canary").mqtt("mqtt://u:canary@h").http("http://u:canary@h");
        assert!(!format!("{builder:?}").contains("canary"));
        let bad = Platform::allthingstalk("two\nlines").http("localhost").mqtt("localhost").build();
        assert!(matches!(bad, Err(ConfigError::Token)));
    }
}
