//! The native pair: the Connector over gRPC and a broker over MQTT, by address or by environment.

use url::{Host, Url};

use super::Platform;
use crate::config::ConfigError;
use crate::link::mqtt::Mqtt;
use crate::registry::connector::Connector;
use crate::secret::Secret;

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
const DEFAULT_MQTT_PORT: u16 = 1883;

/// The addresses of a platform; see [`Platform::at`].
#[derive(Clone, Debug)]
#[must_use = "nothing is set up before `.build()`"]
pub struct PlatformBuilder {
    connector: String,
    mqtt: String,
    token: Option<Secret>,
    allow_plaintext: bool,
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
        let connector = self.address(CONNECTOR, &self.connector, HTTP, "http://localhost:8010")?;
        let mqtt = self.address(MQTT, &self.mqtt, MQTT_SCHEME, "mqtt://localhost:1883")?;
        let registry_url = format!(
            "{HTTP}://{}:{}",
            host_of(&connector),
            connector.port_or_known_default().unwrap_or(DEFAULT_CONNECTOR_PORT)
        );
        let registry = Connector::new(&registry_url, self.token.as_ref())?;
        let credentials = match (mqtt.username(), &self.token) {
            ("", None) => None,
            ("", Some(token)) => Some((token.clone(), token.clone())),
            (user, _) => Some((Secret::new(user), Secret::new(mqtt.password().unwrap_or(user)))),
        };
        let link = Mqtt {
            host: host_of(&mqtt).trim_matches(['[', ']']).to_owned(),
            port: mqtt.port().unwrap_or(DEFAULT_MQTT_PORT),
            credentials,
        };
        Ok(Platform::new(registry, link))
    }

    fn address(
        &self,
        setting: &'static str,
        text: &str,
        scheme: &'static str,
        example: &'static str,
    ) -> Result<Url, ConfigError> {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("{scheme}://{text}") };
        let wrong =
            |reason: String| ConfigError::Address { setting, address: redact(&with_scheme), reason, example };
        let url = Url::parse(&with_scheme).map_err(|error| wrong(error.to_string()))?;
        if url.scheme() != scheme {
            return Err(wrong(format!("`{}://` is not supported", url.scheme())));
        }
        match url.host() {
            None => Err(wrong("it has no host".to_owned())),
            Some(host) if !self.allow_plaintext && !is_loopback(&host) => {
                Err(ConfigError::Plaintext { setting, address: redact(&with_scheme) })
            }
            Some(_) => Ok(url),
        }
    }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or(DEFAULT_HOST).to_owned()
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => match name.parse::<std::net::IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => *name == DEFAULT_HOST,
        },
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
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
                "EDGE_MQTT: `mqtt://localhost:port` is not an address: invalid port number",
            ),
            (&[(TOKEN, "canary\n")], "EDGE_TOKEN has characters that a token cannot have"),
        ] {
            let text = error(variables).await;
            assert!(text.starts_with(expected), "{text}");
            assert!(!text.contains("canary"), "{text}");
        }
        let debug =
            error(&[(TOKEN, "canary"), (PLAINTEXT, ALLOW), (MQTT, "mqtt://u:canary@example.org")]).await;
        assert!(debug.contains("example.org") && !debug.contains("canary"), "{debug}");
    }
}
