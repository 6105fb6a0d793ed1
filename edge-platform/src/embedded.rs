//! The platform for tests and examples.

use std::net::SocketAddr;
use std::ops::Deref;

use crate::config::Config;
use crate::error::StartError;
use crate::server::Server;

/// A platform on loopback, on free ports, in memory, open to everybody who can reach it. Everything
/// that a [`Server`] can do, it can.
#[derive(Debug)]
pub struct Embedded(Server);

impl Embedded {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no free port left, or no memory.
    pub async fn start() -> Result<Self, StartError> {
        Server::start(Config::default()).await.map(Self)
    }

    /// Starts it with changes to its configuration. The broker is always the embedded one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), edge_platform::StartError> {
    /// let platform = edge_platform::Embedded::start_with(|config| config.auto_create = true).await?;
    /// # platform.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When something of it does not start.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Result<Self, StartError> {
        let mut config = Config::default();
        change(&mut config);
        config.broker = None;
        Server::start(config).await.map(Self)
    }

    /// Where the broker listens.
    pub fn mqtt(&self) -> SocketAddr {
        self.0.embedded_broker().expect("the default configuration has no external broker")
    }

    /// Finishes what is running, and stops.
    pub async fn close(self) {
        self.0.close().await;
    }
}

impl Deref for Embedded {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}
