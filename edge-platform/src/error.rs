//! Why a platform did not start.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::ConfigError;
use crate::store::StoreError;

/// A cause whose type is no promise.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why [`Server::start`](crate::Server::start) failed. Nothing is left running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration was refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database could not be opened or brought up to date.
    #[error("cannot open the database {database}")]
    Store {
        /// Which one, without password.
        database: String,
        /// Why.
        source: StoreError,
    },
    /// The bucket for objects cannot be used as it is set up: no such bucket, or not with these keys.
    #[error("cannot keep objects in {place}")]
    Objects {
        /// Which bucket.
        place: String,
        /// Why.
        source: BoxError,
    },
    /// The Connector's certificate or key cannot be used.
    #[error("TLS")]
    Tls(#[from] TlsError),
    /// An address could not be listened on.
    #[error("cannot listen on {address} for {service}")]
    Listen {
        /// What would have listened there.
        service: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: BoxError,
    },
    /// The broker did not accept us in time.
    #[error("no session at the broker {address} within {seconds} s")]
    Broker {
        /// Which broker.
        address: String,
        /// How long was waited.
        seconds: f64,
        /// What the last attempt ended with.
        source: BoxError,
    },
    /// The ready file could not be written.
    #[error("cannot write the ready file {}", path.display())]
    ReadyFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The Connector's services could not be built.
    #[error("cannot build the Connector's services")]
    Services {
        /// Why.
        source: BoxError,
    },
}

/// Why TLS cannot be spoken with the files that were given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate and the key hold no PEM, or do not belong together.
    #[error("cannot use the certificate {} with the key {}", cert.display(), key.display())]
    Identity {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
        /// Why.
        source: BoxError,
    },
    /// No certificate of an authority can be read.
    #[error("cannot use the clients' authority {}", path.display())]
    ClientCa {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: BoxError,
    },
}
