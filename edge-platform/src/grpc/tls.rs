//! TLS of the Connector's listener.

use std::path::Path;
use std::time::Duration;

use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use crate::config::TlsFiles;
use crate::error::TlsError;

/// How long a client may take to say who it is and to agree on keys.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that speaks TLS when there are files for it.
pub(super) async fn server(files: Option<&TlsFiles>) -> Result<Server, TlsError> {
    let Some(files) = files else { return Ok(Server::builder()) };
    let identity = Identity::from_pem(read(&files.cert).await?, read(&files.key).await?);
    let mut config = ServerTlsConfig::new().identity(identity).timeout(HANDSHAKE_TIMEOUT);
    if let Some(ca) = &files.client_ca {
        config = config.client_ca_root(Certificate::from_pem(read(ca).await?));
    }
    let unusable = |error: tonic::transport::Error| TlsError::Unusable {
        cert: files.cert.clone(),
        key: files.key.clone(),
        // Its own text is only that there is a cause.
        source: std::error::Error::source(&error).map_or_else(|| "unknown".into(), |c| c.to_string().into()),
    };
    Server::builder().tls_config(config).map_err(unusable)
}

async fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    tokio::fs::read(path).await.map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
