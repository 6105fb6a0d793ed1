//! The native pair: the Connector over gRPC and a broker over MQTT, by address or by environment.

use std::fmt;

use url::Url;

use super::Platform;
use crate::config::ConfigError;
use crate::link::mqtt::Mqtt;
use crate::registry::connector::Connector;
use edge_proto::{BrokerUrl, BrokerUrlError, Secret};

const CONNECTOR: &str = "EDGE_CONNECTOR";
const CONNECTOR_HOST: &str = "CONNECTOR_SERVICE_HOST";
const CONNECTOR_PORT: &str = "CONNECTOR_SERVICE_PORT";
const MQTT: &str = "EDGE_MQTT";
const TOKEN: &str = "EDGE_TOKEN";
const PLAINTEXT: &str = "EDGE_PLAINTEXT";
const ALLOW: &str = "allow";

const HTTP: &str = "http";
const MQTT_SCHEME: &str = "mqtt";
const DEFAULT_HOST: &str = "localhost";
const DEFAULT_CONNECTOR_PORT: u16 = 8010;

/// The addresses of a platform; see [`Platform::at`].
#[derive(Clone)]
#[must_use = "nothing is set up before `.build()`"]
pub struct PlatformBuilder {
    connector: String,
    mqtt: String,
    token: Option<Secret>,
    allow_plaintext: bool,
}

/// Without the addresses: they may hold passwords.
impl fmt::Debug for PlatformBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformBuilder")
            .field("allow_plaintext", &self.allow_plaintext)
            .finish_non_exhaustive()
    }
}

impl PlatformBuilder {
    /// Authenticates with this token: as bearer at the Connector, as user name at the broker.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Secret::new(token));
        self
    }

    /// Speaks without TLS to other machines as well. Whoever is on the way reads the token.
    pub fn allow_plaintext(mut self) -> Self {
        self.allow_plaintext = true;
        self
    }

    /// Checks the addresses. Connects to nothing yet; must be called inside of a tokio runtime.
    ///
    /// # Errors
    /// When an address is none, or would be spoken to in clear.
    pub fn build(self) -> Result<Platform, ConfigError> {
        let connector = self.connector()?;
        let broker = self.broker()?;
        let registry = Connector::new(&connector, self.token.as_ref())?;
        let token = || self.token.clone();
        let user = broker.user.or_else(token);
        let password = broker.password.or_else(|| user.clone());
        let credentials = user.zip(password);
        Ok(Platform::new(registry, Mqtt { host: broker.host, port: broker.port, credentials }))
    }

    /// The Connector's address as `http://host:port`.
    fn connector(&self) -> Result<String, ConfigError> {
        let text = with_scheme(HTTP, &self.connector);
        let address = redact(&text);
        let wrong = |reason: String| ConfigError::Address {
            setting: CONNECTOR,
            address: address.clone(),
            reason,
            example: "http://localhost:8010",
        };
        let url = Url::parse(&text).map_err(|error| wrong(error.to_string()))?;
        if url.scheme() != HTTP {
            return Err(wrong(format!("`{}://` is not supported", url.scheme())));
        }
        let Some(host) = url.host_str() else { return Err(wrong("it has no host".to_owned())) };
        self.check_plaintext(CONNECTOR, &address, is_loopback(host))?;
        Ok(format!("{HTTP}://{host}:{}", url.port().unwrap_or(DEFAULT_CONNECTOR_PORT)))
    }

    fn broker(&self) -> Result<BrokerUrl, ConfigError> {
        let text = with_scheme(MQTT_SCHEME, &self.mqtt);
        let broker: BrokerUrl = text.parse().map_err(|error: BrokerUrlError| ConfigError::Address {
            setting: MQTT,
            address: redact(&text),
            reason: error.to_string(),
            example: "mqtt://localhost:1883",
        })?;
        self.check_plaintext(MQTT, &redact(&text), broker.is_loopback())?;
        Ok(broker)
    }

    fn check_plaintext(
        &self,
        setting: &'static str,
        address: &str,
        is_loopback: bool,
    ) -> Result<(), ConfigError> {
        if is_loopback || self.allow_plaintext {
            return Ok(());
        }
        Err(ConfigError::Plaintext { setting, address: address.to_owned() })
    }
}

fn with_scheme(scheme: &str, text: &str) -> String {
    if text.contains("://") { text.to_owned() } else { format!("{scheme}://{text}") }
}

fn is_loopback(host: &str) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    ip.map_or_else(|_| host.eq_ignore_ascii_case(DEFAULT_HOST), |ip| ip.is_loopback())
}

/// The address without user and password.
fn redact(address: &str) -> String {
    match (address.split_once("://"), address.rfind('@')) {
        (Some((scheme, _)), Some(at)) => format!("{scheme}://{}", &address[at + 1..]),
        _ => address.to_owned(),
    }
}

impl Platform {
    /// A platform with its Connector (`http://host:port`) and its broker
    /// (`mqtt://[user:password@]host:port`) at these addresses.
    pub fn at(connector: impl Into<String>, mqtt: impl Into<String>) -> PlatformBuilder {
        PlatformBuilder {
            connector: connector.into(),
            mqtt: mqtt.into(),
            token: None,
            allow_plaintext: false,
        }
    }

    /// The platform that the environment names:
    ///
    /// | variable | default |
    /// |---|---|
    /// | `EDGE_CONNECTOR` | `http://` + `CONNECTOR_SERVICE_HOST` + `CONNECTOR_SERVICE_PORT`, of which each has its default: `localhost`, `8010` |
    /// | `EDGE_MQTT` | `mqtt://localhost:1883` |
    /// | `EDGE_TOKEN` | no token |
    /// | `EDGE_PLAINTEXT` | only loopback; `allow`: other machines too |
    ///
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When an address is none, or would be spoken to in clear.
    #[allow(clippy::unused_async)] // The Connector's channel needs a running tokio runtime.
    pub async fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| match std::env::var(name) {
            Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(ConfigError::NotText { variable: name }),
        })
    }

    fn from_variables(
        variable: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let connector = match variable(CONNECTOR)? {
            Some(url) => url,
            None => {
                let host = variable(CONNECTOR_HOST)?.unwrap_or_else(|| DEFAULT_HOST.to_owned());
                let port = variable(CONNECTOR_PORT)?.unwrap_or_else(|| DEFAULT_CONNECTOR_PORT.to_string());
                format!("{HTTP}://{host}:{port}")
            }
        };
        let mqtt = variable(MQTT)?.unwrap_or_else(|| format!("{MQTT_SCHEME}://{DEFAULT_HOST}"));
        let builder = PlatformBuilder {
            connector,
            mqtt,
            token: variable(TOKEN)?.map(Secret::new),
            allow_plaintext: variable(PLAINTEXT)?.as_deref() == Some(ALLOW),
        };
        builder.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn error(variables: &'static [(&'static str, &'static str)]) -> String {
        let find =
            |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        match Platform::from_variables(|name| Ok(find(name))) {
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
                &[(CONNECTOR, "https://localhost:8010")],
                "EDGE_CONNECTOR: `https://localhost:8010` is not an address: `https://` is not supported",
            ),
            (
                &[(MQTT, "mqtt://me:canary@localhost:port")],
                "EDGE_MQTT: `mqtt://localhost:port` is not an address: the port in the broker's URL is not a number from 1 to 65535",
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
