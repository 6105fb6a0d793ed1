//! TLS of the Connector's listener.

use std::path::Path;
use std::time::Duration;

use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use crate::config::TlsFiles;
use crate::error::{BoxError, TlsError};

/// How long a client may take to say who it is and to agree on keys.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that speaks TLS when there are files for it.
pub(super) async fn server(files: Option<&TlsFiles>) -> Result<Server, TlsError> {
    let Some(TlsFiles { cert, key, client_ca }) = files else { return Ok(Server::builder()) };
    let identity = Identity::from_pem(read(cert).await?, read(key).await?);
    let config = ServerTlsConfig::new().identity(identity).timeout(HANDSHAKE_TIMEOUT);
    let unusable = |error| TlsError::Identity { cert: cert.clone(), key: key.clone(), source: cause(&error) };
    // First without the authority, so that what is wrong is known by its file.
    let server = Server::builder().tls_config(config.clone()).map_err(unusable)?;
    let Some(path) = client_ca else { return Ok(server) };
    let config = config.client_ca_root(Certificate::from_pem(read(path).await?));
    let unusable = |error| TlsError::ClientCa { path: path.clone(), source: cause(&error) };
    Server::builder().tls_config(config).map_err(unusable)
}

/// The error's own text is only that there is a cause.
fn cause(error: &tonic::transport::Error) -> BoxError {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string).into()
}

async fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    tokio::fs::read(path).await.map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
