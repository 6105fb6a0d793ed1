//! The native pair: the Connector over gRPC and a broker over MQTT, by address or by environment.

use std::fmt;

use super::Platform;
use crate::address::{DEFAULT_HOST, redact, with_scheme};
use crate::config::ConfigError;
use crate::connector::ConnectorBuilder;
use crate::connector::env::{self, ALLOW, CONNECTOR, PLAINTEXT, TOKEN, Variables};
use crate::link::Dialect;
use crate::link::mqtt::Mqtt;
use crate::outbox::OutboxConfig;
use crate::tls::{TlsConfig, Trust};
#[cfg(feature = "storage")]
use crate::{
    address::Address,
    registry::Native,
    storage::{Client, EXAMPLE},
};
use edge_proto::{BrokerUrl, BrokerUrlError, Secret};

const MQTT: &str = "EDGE_MQTT";
#[cfg(feature = "storage")]
const HTTP: &str = "EDGE_HTTP";
#[cfg(feature = "storage")]
const HTTP_PORT: u16 = 8080;
const STORE: &str = "EDGE_STORE";
const MQTT_SCHEME: &str = "mqtt";

/// The addresses of a platform; see [`Platform::at`].
#[derive(Clone)]
#[must_use = "nothing is set up before `.build()`"]
pub struct PlatformBuilder {
    connector: ConnectorBuilder,
    mqtt: String,
    /// `None`: the default, which need not be there.
    #[cfg(feature = "storage")]
    http: Option<String>,
    token: Option<Secret>,
    trust: Trust,
    allow_plaintext: bool,
}

/// Without the broker's address: it may hold a password.
impl fmt::Debug for PlatformBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformBuilder")
            .field("connector", &self.connector)
            .field("allow_plaintext", &self.allow_plaintext)
            .finish_non_exhaustive()
    }
}

impl PlatformBuilder {
    /// Authenticates with this token: as bearer at the Connector, as user name at the broker.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        let token = token.into();
        self.connector = self.connector.token(&token);
        self.token = Some(Secret::new(token));
        self
    }

    /// Trusts servers with a certificate of this authority (PEM), and no others, over `https://` and
    /// `mqtts://`. Without it the system's authorities are trusted.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = pem.into();
        self.connector = self.connector.ca(pem.clone());
        self.trust.ca = Some(pem);
        self
    }

    /// Refuses servers whose certificate the authority of [`ca`](Self::ca) has revoked, by its lists (PEM, CRL), over `https://`
    /// and `mqtts://`. Of every authority that has signed something of a server's chain there must be a list. A list that is
    /// past its date counts for what it says: the program fetches a newer one, and makes a new platform with it.
    pub fn crl(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = pem.into();
        self.connector = self.connector.crl(pem.clone());
        self.trust.crl = Some(pem);
        self
    }

    /// Presents this certificate (PEM, with its chain) and proves it with its key (PEM), over `https://` and
    /// `mqtts://`.
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let (certificate, key) = (certificate.into(), key.into());
        self.connector = self.connector.client_certificate(certificate.clone(), key.clone());
        self.trust.identity = Some((certificate, key));
        self
    }

    /// Speaks without TLS to other machines as well. Whoever is on the way reads the token.
    pub fn allow_plaintext(mut self) -> Self {
        self.connector = self.connector.allow_plaintext();
        self.allow_plaintext = true;
        self
    }

    /// Where the platform's HTTP API is, which takes the contents of [`StorageObject`](crate::StorageObject)s and keeps device models:
    /// `http[s]://host[:port]`. Default: port 8080 of this machine. The models of devices that register are put there only
    /// if it is said here, or by the environment.
    #[cfg(feature = "storage")]
    pub fn http(mut self, url: impl Into<String>) -> Self {
        self.http = Some(url.into());
        self
    }

    /// Checks the addresses. Connects to nothing yet.
    ///
    /// # Errors
    /// When an address is none, or would be spoken to in clear; when the token or a certificate cannot be
    /// used.
    pub fn build(self) -> Result<Platform, ConfigError> {
        let brokers = self.brokers()?;
        // Of all nodes they are the same.
        let BrokerUrl { tls, user, password, .. } = brokers[0].clone();
        #[cfg(feature = "storage")]
        let token = self.token.clone();
        let user = user.or(self.token);
        let password = password.or_else(|| user.clone());
        let credentials = user.zip(password);
        let tls = tls.then(|| TlsConfig::new(env::CA, &self.trust)).transpose()?;
        #[cfg(feature = "storage")]
        let storage = storage(self.http.as_deref(), &self.trust, token, self.allow_plaintext)?;
        let registry = self.connector.build()?;
        #[cfg(feature = "storage")]
        let registry = Native { connector: registry, http: storage.http(), is_known: self.http.is_some() };
        let nodes = brokers.into_iter().map(|broker| (broker.host, broker.port)).collect();
        let platform = Platform::new(registry, Mqtt { nodes, tls, credentials, dialect: Dialect::Native });
        #[cfg(feature = "storage")]
        let platform = platform.with_storage(std::sync::Arc::new(storage));
        Ok(platform)
    }

    /// The nodes of the broker, at least one.
    fn brokers(&self) -> Result<Vec<BrokerUrl>, ConfigError> {
        let text = with_scheme(MQTT_SCHEME, &self.mqtt);
        let brokers = BrokerUrl::nodes(&text).map_err(|error: BrokerUrlError| ConfigError::Address {
            setting: MQTT,
            address: redact(&text),
            reason: error.to_string(),
            example: "mqtt://localhost:1883",
        })?;
        if self.allow_plaintext || brokers.iter().all(|broker| broker.tls || broker.is_loopback()) {
            return Ok(brokers);
        }
        Err(ConfigError::Plaintext { setting: MQTT, address: redact(&text) })
    }
}

/// The platform's storage of objects.
#[cfg(feature = "storage")]
fn storage(
    http: Option<&str>,
    trust: &Trust,
    token: Option<Secret>,
    allow_plaintext: bool,
) -> Result<Client, ConfigError> {
    let url = with_scheme(crate::address::HTTP, http.unwrap_or(EXAMPLE));
    let address = Address::parse(HTTP, &url, Some(HTTP_PORT), EXAMPLE)?;
    if !allow_plaintext {
        address.check_plaintext(HTTP)?;
    }
    let tls = match address.tls {
        true => TlsConfig::new(env::CA, trust)?,
        false => TlsConfig::unused(HTTP)?,
    };
    Client::new(HTTP, &address, &tls, token)
}

impl Platform {
    /// A platform with its Connector (`http://host:port` or `https://host:port`) and its broker
    /// (`mqtt://[user:password@]host:port` or `mqtts://..`) at these addresses. Of a cluster that keeps a session for all
    /// of its nodes, name several, `mqtt://one:1883,two:1883`: a device whose connection is lost goes on at the
    /// next.
    pub fn at(connector: impl Into<String>, mqtt: impl Into<String>) -> PlatformBuilder {
        PlatformBuilder {
            connector: ConnectorBuilder::new(CONNECTOR, connector),
            mqtt: mqtt.into(),
            #[cfg(feature = "storage")]
            http: None,
            token: None,
            trust: Trust::default(),
            allow_plaintext: false,
        }
    }

    /// The platform that the environment names:
    ///
    /// | variable | default |
    /// |---|---|
    /// | `EDGE_CONNECTOR` | `http://` + `CONNECTOR_SERVICE_HOST` + `CONNECTOR_SERVICE_PORT`, of which each has its default: `localhost`, `8010` |
    /// | `EDGE_MQTT` | `mqtt://localhost:1883`; of a cluster, several nodes: `mqtt://one:1883,two:1883` |
    /// | `EDGE_HTTP` | `http://localhost:8080`: the HTTP API, for the contents of [`StorageObject`](crate::StorageObject)s and for device models |
    /// | `EDGE_TOKEN` | no token |
    /// | `EDGE_CA` | the system's certificate authorities; a PEM file: those in it and no others |
    /// | `EDGE_CRL` | nothing is known to be revoked; a PEM file with the authorities' lists of what they have revoked, see [`PlatformBuilder::crl`] |
    /// | `EDGE_STORE` | nothing is stored; a folder: states with `retention = "stored"` are stored in it, see [`OutboxConfig::folder`] |
    /// | `EDGE_PLAINTEXT` | only loopback; `allow`: other machines too |
    ///
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When an address is none, or would be spoken to in clear; when the token or the certificates cannot
    /// be used.
    #[allow(clippy::unused_async)] // Reading the variables may wait one day, for a file with the token.
    pub async fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(&env::process)
    }

    fn from_variables(variable: &impl Variables) -> Result<Self, ConfigError> {
        let trust = Trust { ca: env::ca(variable)?, crl: env::crl(variable)?, identity: None };
        let builder = PlatformBuilder {
            trust,
            connector: env::connector(variable)?,
            mqtt: variable(MQTT)?.unwrap_or_else(|| format!("{MQTT_SCHEME}://{DEFAULT_HOST}")),
            #[cfg(feature = "storage")]
            http: variable(HTTP)?,
            token: variable(TOKEN)?.map(Secret::new),
            allow_plaintext: variable(PLAINTEXT)?.as_deref() == Some(ALLOW),
        };
        let mut outbox = OutboxConfig::new();
        if let Some(folder) = variable(STORE)? {
            outbox = outbox.folder(folder);
        }
        Ok(builder.build()?.outbox(outbox))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::env::{CONNECTOR_HOST, CONNECTOR_PORT};

    async fn error(variables: &'static [(&'static str, &'static str)]) -> String {
        let find =
            |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        match Platform::from_variables(&|name| Ok(find(name))) {
            Ok(platform) => format!("{platform:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn the_environment_has_good_defaults() {
        let platform = error(&[]).await;
        assert!(platform.contains("http://localhost:8010") && platform.contains("1883"), "{platform}");
        let platform =
            error(&[(CONNECTOR_HOST, "127.0.0.1"), (CONNECTOR_PORT, "9"), (MQTT, "[::1]:7")]).await;
        assert!(platform.contains("http://127.0.0.1:9") && platform.contains("::1"), "{platform}");
    }

    #[tokio::test]
    async fn mistakes_are_named_and_secrets_are_not() {
        for (variables, expected) in [
            (
                &[(MQTT, "mqtt://me:canary@10.0.0.1:1883")][..],
                "EDGE_MQTT: `mqtt://10.0.0.1:1883` is not on this machine",
            ),
            (
                &[(MQTT, "mqtt://me:canary@localhost,10.0.0.1:1883")],
                "EDGE_MQTT: `mqtt://localhost,10.0.0.1:1883` is not on this machine",
            ),
            (
                &[(CONNECTOR, "ftp://localhost:8010")],
                "EDGE_CONNECTOR: `ftp://localhost:8010` is not an address: `ftp://` is not supported",
            ),
            (
                &[(MQTT, "mqtt://me:canary@localhost:port")],
                "EDGE_MQTT: `mqtt://localhost:..` is not an address: the port in the broker's URL is not a number from 1 to 65535",
            ),
            (&[(TOKEN, "canary\n")], "EDGE_TOKEN has characters that a token cannot have"),
        ] {
            let text = error(variables).await;
            assert!(text.starts_with(expected), "{text}");
            assert!(!text.contains("canary"), "{text}");
        }
        let debug =
            error(&[(TOKEN, "canary"), (PLAINTEXT, ALLOW), (MQTT, "mqtt://u:canary@example.org")]).await;
        let builder = format!("{:?}", Platform::at("http://u:canary@h", "mqtt://u:canary@h").token("canary"));
        assert!(!builder.contains("canary"), "{builder}");
        assert!(debug.contains("example.org") && !debug.contains("canary"), "{debug}");
    }
}
