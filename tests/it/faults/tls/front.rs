//! An authority, and servers with certificates that write down what they hear.

use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod,
    KeyPair, RevokedCertParams, SerialNumber, date_time_ymd,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::faults::world::Result;

/// An authority, and certificates by it.
pub(in crate::faults) struct Authority {
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) certificate: rcgen::Certificate,
}

impl Authority {
    pub(in crate::faults) fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    pub(in crate::faults) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Certificate and key, in PEM.
    pub(in crate::faults) fn identity(&self, name: &str) -> Result<(String, String)> {
        self.identity_of(CertificateParams::new(vec![name.to_owned()])?)
    }

    pub(super) fn identity_of(&self, params: CertificateParams) -> Result<(String, String)> {
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, &self.issuer)?.pem(), key.serialize_pem()))
    }

    /// A server of this name.
    pub(in crate::faults) fn server(&self, name: &str) -> Result<ServerConfig> {
        self.server_of(CertificateParams::new(vec![name.to_owned()])?)
    }

    pub(super) fn server_of(&self, params: CertificateParams) -> Result<ServerConfig> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        config(None, vec![certificate.der().clone()], &key)
    }

    /// Its list of what it has revoked, in PEM.
    pub(super) fn crl(&self, revoked: &[u64]) -> Result<String> {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, 1),
            next_update: date_time_ymd(2026, 2, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(list.signed_by(&self.issuer)?.pem()?)
    }

    /// A server that lets only those in whose certificate is by this authority.
    pub(super) fn server_for_clients(&self) -> Result<ServerConfig> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["localhost".to_owned()])?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone())?;
        config(Some(roots), vec![certificate.der().clone()], &key)
    }
}

pub(super) fn config(
    clients: Option<RootCertStore>,
    chain: Vec<tokio_rustls::rustls::pki_types::CertificateDer<'static>>,
    key: &KeyPair,
) -> Result<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// What has come to a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    pub(super) connections: usize,
    /// As it came over the wire, by connection.
    pub(super) raw: Vec<Vec<u8>>,
    /// After TLS was taken off.
    pub(super) clear: Vec<u8>,
}

/// A server that takes TLS off and writes down what it hears.
pub(in crate::faults) struct Front {
    pub(super) port: u16,
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Front {
    pub(in crate::faults) async fn start(config: ServerConfig) -> Result<Self> {
        Self::before(config, None).await
    }

    /// In front of a server on this port of this machine.
    pub(super) async fn before(config: ServerConfig, inner: Option<u16>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let heard = Arc::<Mutex<Heard>>::default();
        let (acceptor, kept) = (TlsAcceptor::from(Arc::new(config)), Arc::clone(&heard));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&kept), inner));
            }
        });
        Ok(Self { port, heard, task })
    }

    pub(in crate::faults) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, heard: Arc<Mutex<Heard>>, inner: Option<u16>) {
    let connection = {
        let mut heard = heard.lock().unwrap();
        heard.connections += 1;
        heard.raw.push(Vec::new());
        heard.connections - 1
    };
    let stream = Tapped { stream, heard: Arc::clone(&heard), connection };
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    if let Some(port) = inner {
        let Ok(mut inner) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
        let _ = copy_bidirectional(&mut stream, &mut inner).await;
        return;
    }
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        heard.lock().unwrap().clear.extend_from_slice(&buffer[..read]);
    }
}

/// Writes down what is read.
struct Tapped {
    stream: TcpStream,
    heard: Arc<Mutex<Heard>>,
    connection: usize,
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let connection = self.connection;
        self.heard.lock().unwrap().raw[connection].extend_from_slice(&buffer.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
