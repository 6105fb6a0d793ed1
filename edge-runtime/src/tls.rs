//! TLS for what is not gRPC. The only file that names rustls.

#![cfg_attr(
    not(all(feature = "allthingstalk", feature = "grpc")),
    allow(dead_code, reason = "each kind of platform uses a part of it")
)]

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

#[cfg(feature = "mqtt")]
use rustls::pki_types::ServerName;
#[cfg(feature = "mqtt")]
use tokio::net::TcpStream;
#[cfg(feature = "mqtt")]
use tokio_rustls::TlsConnector;

use crate::config::ConfigError;

/// What errors call the lists of what is revoked.
pub(crate) const CRL: &str = "EDGE_CRL";

/// A connection could not be made secure.
#[cfg(feature = "mqtt")]
#[derive(Debug, thiserror::Error)]
#[error("no secure connection (TLS)")]
struct Handshake(#[source] std::io::Error);

/// A connection that is secure.
#[cfg(feature = "mqtt")]
pub(crate) type TlsStream = tokio_rustls::client::TlsStream<TcpStream>;

/// Whom a client trusts, and with what it proves who it is. All in PEM.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    /// Authorities that are trusted, and no others; `None`: the system's.
    pub(crate) ca: Option<Vec<u8>>,
    /// Their lists of certificates that they have revoked.
    pub(crate) crl: Option<Vec<u8>>,
    /// A certificate with its chain, and its key.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// How connections are made secure. Cheap to clone; holds a private key, perhaps.
#[derive(Clone)]
pub(crate) struct TlsConfig(Arc<ClientConfig>);

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsConfig")
    }
}

impl TlsConfig {
    /// `setting` is what errors call it.
    ///
    /// # Errors
    /// When there is nobody to trust, or a certificate or key is none.
    pub(crate) fn new(setting: &'static str, trust: &Trust) -> Result<Self, ConfigError> {
        let fail =
            |reason: &dyn fmt::Display| ConfigError::Certificate { setting, reason: reason.to_string() };
        let builder = builder().map_err(|error| fail(&error))?;
        let roots = roots(trust.ca.as_deref()).map_err(|error| fail(&error))?;
        let builder = match &trust.crl {
            None => builder.with_root_certificates(roots),
            Some(pem) => builder.with_webpki_verifier(
                verifier(roots, pem).map_err(|reason| ConfigError::Certificate { setting: CRL, reason })?,
            ),
        };
        let config = match &trust.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate).map_err(|error| fail(&error))?;
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| fail(&error))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| fail(&error))?
            }
        };
        Ok(Self(Arc::new(config)))
    }

    /// For a client that speaks in clear, and wants one all the same: it trusts nobody.
    #[cfg(feature = "http")]
    pub(crate) fn unused(setting: &'static str) -> Result<Self, ConfigError> {
        let builder =
            builder().map_err(|error| ConfigError::Certificate { setting, reason: error.to_string() })?;
        Ok(Self(Arc::new(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())))
    }

    /// The same, for a protocol that is agreed upon with TLS.
    #[cfg(all(feature = "grpc", feature = "mqtt"))]
    pub(crate) fn speaking(&self, protocol: &[u8]) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols = vec![protocol.to_vec()];
        Self(Arc::new(config))
    }

    /// For clients that share it.
    pub(crate) fn shared(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }

    /// Makes a connection secure, to a host that proves to be it.
    ///
    /// # Errors
    /// When it does not, or the connection fails.
    #[cfg(feature = "mqtt")]
    pub(crate) async fn connect(&self, host: &str, stream: TcpStream) -> std::io::Result<TlsStream> {
        let invalid = |error| std::io::Error::new(std::io::ErrorKind::InvalidInput, error);
        let name = ServerName::try_from(host.to_owned()).map_err(invalid)?;
        let failed = |error: std::io::Error| std::io::Error::new(error.kind(), Handshake(error));
        TlsConnector::from(self.shared()).connect(name, stream).await.map_err(failed)
    }

    /// For clients that want one of their own.
    #[cfg(feature = "http")]
    pub(crate) fn to_config(&self) -> ClientConfig {
        ClientConfig::clone(&self.0)
    }
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
}

fn roots(ca: Option<&[u8]>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = ca {
        for certificate in certificates(pem)? {
            roots.add(certificate).map_err(|error| error.to_string())?;
        }
        return Ok(roots);
    }
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    match (added, found.errors.first()) {
        (0, Some(error)) => Err(format!("the system's authorities cannot be read: {error}")),
        (0, None) => Err("the system has no authorities to trust; name one".to_owned()),
        _ => Ok(roots),
    }
}

/// Looks also whether a certificate is revoked. That must be known of each but the authority's own.
fn verifier(roots: RootCertStore, crl: &[u8]) -> Result<Arc<WebPkiServerVerifier>, String> {
    let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(crl).collect();
    let lists = lists.map_err(|error| error.to_string())?;
    if lists.is_empty() {
        return Err("there is no list of revoked certificates in PEM in it".to_owned());
    }
    let provider = Arc::new(ring::default_provider());
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).with_crls(lists);
    builder.build().map_err(|error| error.to_string())
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| error.to_string())?;
    if found.is_empty() { Err("there is none in PEM in it".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_an_error() {
        let trust = |ca: &str| Trust { ca: Some(ca.into()), ..Trust::default() };
        let error = |ca| TlsConfig::new("EDGE_CA", &trust(ca)).unwrap_err().to_string();
        assert_eq!(error(""), "EDGE_CA: the certificate cannot be used: there is none in PEM in it");
        let bad = error("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(bad.starts_with("EDGE_CA: the certificate cannot be used: "), "{bad}");
    }
}
