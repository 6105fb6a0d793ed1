//! What a platform is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::broker_url::BrokerUrl;
use crate::database_url::DatabaseUrl;
use crate::token::Tokens;

/// Addresses, database, tokens. The default is the embedded platform: loopback, free ports, in memory.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where the Connector listens; port 0 is any free one.
    pub grpc: SocketAddr,
    /// Where the HTTP API listens.
    pub http: SocketAddr,
    /// Where the embedded broker listens; unused with an external one.
    pub mqtt: SocketAddr,
    /// Use this broker instead of the embedded one.
    pub broker: Option<BrokerUrl>,
    /// Where the tables are.
    pub database: DatabaseUrl,
    /// Who may do what.
    pub tokens: Tokens,
    /// Written when everything is ready: the addresses as JSON.
    pub ready_file: Option<PathBuf>,
    /// How long the broker may take to accept us at the start.
    pub startup_timeout: Duration,
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
}

impl Default for Config {
    fn default() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            grpc: any,
            http: any,
            mqtt: any,
            broker: None,
            database: DatabaseUrl::memory(),
            tokens: Tokens::default(),
            ready_file: None,
            startup_timeout: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// Checks what can be checked without starting anything.
    ///
    /// # Errors
    /// When an address is not loopback and there is no token.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mqtt = self.broker.is_none().then_some(self.mqtt);
        let open = [Some(self.grpc), Some(self.http), mqtt].into_iter().flatten();
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
        let unused =
            Config { mqtt: everywhere, broker: Some("mqtt://broker".parse().unwrap()), ..Config::default() };
        assert_eq!(unused.check(), Ok(()));
    }
}
