//! What a platform is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::database_url::DatabaseUrl;
use crate::objects::ObjectsUrl;
use crate::token::Tokens;
use edge_proto::BrokerUrl;

/// Addresses, database, tokens. The default is the embedded platform: loopback, free ports, in memory.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where the Connector listens; port 0 is any free one.
    pub grpc: SocketAddr,
    /// What the Connector speaks TLS with; `None`: it is spoken to in clear.
    pub tls: Option<TlsFiles>,
    /// Where the HTTP API listens.
    pub http: SocketAddr,
    /// Where the embedded broker listens; unused with an external one.
    pub mqtt: SocketAddr,
    /// Use this broker instead of the embedded one.
    pub broker: Option<BrokerUrl>,
    /// Speak to a broker on another machine without TLS: whoever is on the way reads and writes along.
    pub allow_plaintext: bool,
    /// Where the tables are.
    pub database: DatabaseUrl,
    /// Where the contents of storage objects are; `None`: in a folder beside the database's file, with
    /// `.objects` behind its name. Of a database in memory: in a temporary folder that goes with the platform.
    pub objects: Option<ObjectsUrl>,
    /// The most bytes of a storage object.
    pub max_object: u64,
    /// The most storage objects of a device.
    pub max_objects: u64,
    /// How much is kept of what was.
    pub history: History,
    /// Who may do what.
    pub tokens: Tokens,
    /// Whether a device that is not registered comes into being when it first calls over HTTP, with a token
    /// that is for everything, for an organization, or for this device.
    pub auto_create: bool,
    /// Written when everything is ready: the addresses as JSON.
    pub ready_file: Option<PathBuf>,
    /// How long the broker may take to accept us at the start.
    pub startup_timeout: Duration,
}

/// The most bytes of a storage object, unless another number is given: 16 GiB.
const MAX_OBJECT: u64 = 16 << 30;

/// The most storage objects of a device, unless another number is given: a token of one device does not fill the disk with names.
const MAX_OBJECTS: u64 = 10_000;

/// How much the platform keeps of what states were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// How many states of each asset, the newest ones; a tenth more may be there for a while. 0: none.
    pub per_asset: u64,
    /// How many alerts of each device, and how many data, likewise.
    pub per_device: u64,
}

impl History {
    /// So many states of each asset, and so many alerts and data of each device.
    pub fn per_asset(per_asset: u64) -> Self {
        Self { per_asset, per_device: per_asset }
    }
}

impl Default for History {
    fn default() -> Self {
        Self::per_asset(10_000)
    }
}

/// The files for TLS, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFiles {
    /// The certificate, and those that lead from it to a root.
    pub cert: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
    /// With it only clients are let in whose certificate leads to one of these.
    pub client_ca: Option<PathBuf>,
}

impl TlsFiles {
    /// TLS for every client.
    pub fn new(cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { cert: cert.into(), key: key.into(), client_ca: None }
    }

    /// TLS for clients with a certificate that leads to one of these.
    #[must_use]
    pub fn with_client_ca(self, client_ca: impl Into<PathBuf>) -> Self {
        Self { client_ca: Some(client_ca.into()), ..self }
    }
}

/// Why a configuration is refused before anything is started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Others could reach it, and nothing would keep them out.
    #[error("refusing to listen on {address} without a token: give one, or listen on loopback")]
    Open {
        /// The first address that is not loopback.
        address: SocketAddr,
    },
    /// The platform does not speak TLS to brokers; its devices do.
    #[error("the broker {broker}: `mqtts://` is not supported here, `mqtt://` is")]
    BrokerTls {
        /// Its address, without credentials.
        broker: String,
    },
    /// Values and credentials would go over a network in clear.
    #[error(
        "the broker {broker} is not on this machine, and would be spoken to without TLS: to do it all \
         the same, give --allow-plaintext or set EDGE_PLAINTEXT=allow"
    )]
    Plaintext {
        /// Its address, without credentials.
        broker: String,
    },
}

impl Default for Config {
    fn default() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            grpc: any,
            tls: None,
            http: any,
            mqtt: any,
            broker: None,
            allow_plaintext: false,
            database: DatabaseUrl::memory(),
            objects: None,
            max_object: MAX_OBJECT,
            max_objects: MAX_OBJECTS,
            history: History::default(),
            tokens: Tokens::default(),
            auto_create: false,
            ready_file: None,
            startup_timeout: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// Checks what can be checked without starting anything.
    ///
    /// # Errors
    /// When an address is not loopback and there is no token, or the broker is not on this machine.
    pub fn check(&self) -> Result<(), ConfigError> {
        if let Some(broker) = self.broker.as_ref().filter(|broker| broker.tls) {
            return Err(ConfigError::BrokerTls { broker: broker.to_string() });
        }
        let mqtt = self.broker.is_none().then_some(self.mqtt);
        let open = [Some(self.grpc), Some(self.http), mqtt].into_iter().flatten();
        if let Some(broker) =
            self.broker.as_ref().filter(|broker| !self.allow_plaintext && !broker.is_loopback())
        {
            return Err(ConfigError::Plaintext { broker: broker.to_string() });
        }
        match open.into_iter().find(|address| !address.ip().is_loopback()) {
            Some(address) if self.tokens.is_open() => Err(ConfigError::Open { address }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_addresses_than_loopback_need_a_token() {
        let everywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
        assert_eq!(Config::default().check(), Ok(()));
        let open = Config { http: everywhere, ..Config::default() };
        assert_eq!(open.check(), Err(ConfigError::Open { address: everywhere }));
        let closed = Config { tokens: Tokens::default().with("t"), ..open };
        assert_eq!(closed.check(), Ok(()));
        let unused = Config {
            mqtt: everywhere,
            broker: Some("mqtt://localhost".parse().unwrap()),
            ..Config::default()
        };
        assert_eq!(unused.check(), Ok(()));
    }

    #[test]
    fn tls_to_the_broker_is_refused_and_not_left_out() {
        let config = Config { broker: Some("mqtts://broker".parse().unwrap()), ..Config::default() };
        assert!(matches!(config.check(), Err(ConfigError::BrokerTls { .. })));
    }

    #[test]
    fn nothing_but_loopback_is_spoken_to_in_clear_unless_that_is_allowed() {
        for (url, is_refused) in [
            ("mqtt://me:s3cret@broker", true),
            ("mqtt://10.0.0.1", true),
            ("mqtt://localhost:1", false),
            ("mqtt://127.1.2.3", false),
            ("mqtt://[::1]", false),
        ] {
            let mut config = Config { broker: Some(url.parse().unwrap()), ..Config::default() };
            assert_eq!(config.check().is_err(), is_refused, "{url}");
            assert!(!format!("{:?}", config.check()).contains("s3cret"));
            config.allow_plaintext = true;
            assert_eq!(config.check(), Ok(()), "{url}");
        }
    }
}
