//! The Connector over TLS, with certificates that the tests make.

use std::path::PathBuf;

use edge_platform::{Config, Server, StartError, TlsError, TlsFiles};
use edge_proto::connector::v1::GetAssetBySnRequest;
use edge_proto::connector::v1::connector_service_client::ConnectorServiceClient;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::support::connector;

/// A certificate authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and key for `localhost`.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// The files of a server.
struct Files {
    folder: TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap(), authority: Authority::new() };
        let (cert, key) = files.authority.issue();
        files.write("cert.pem", &cert);
        files.write("key.pem", &key);
        files
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tls(&self) -> TlsFiles {
        TlsFiles::new(self.path("cert.pem"), self.path("key.pem"))
    }
}

async fn start(tls: TlsFiles) -> Result<Server, StartError> {
    let mut config = Config::default();
    config.tls = Some(tls);
    Server::start(config).await
}

async fn connect(
    server: &Server,
    authority: &Authority,
    identity: Option<(String, String)>,
) -> Result<Channel, tonic::transport::Error> {
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    if let Some((cert, key)) = identity {
        tls = tls.identity(Identity::from_pem(cert, key));
    }
    let url = format!("https://localhost:{}", server.grpc().port());
    Endpoint::new(url).unwrap().tls_config(tls).unwrap().connect().await
}

/// A call gets through: there is no such device.
async fn ask(channel: Channel) -> Code {
    let request = GetAssetBySnRequest { sn: "GH-1".into() };
    ConnectorServiceClient::new(channel).get_asset_by_sn(request).await.unwrap_err().code()
}

#[tokio::test]
async fn a_client_that_knows_the_authority_gets_through_and_no_other_one() {
    let files = Files::new();
    let server = start(files.tls()).await.unwrap();
    assert_eq!(server.connector_url(), format!("https://{}", server.grpc()));
    assert_eq!(ask(connect(&server, &files.authority, None).await.unwrap()).await, Code::NotFound);
    assert!(connect(&server, &Authority::new(), None).await.is_err());
    let plain = ConnectorServiceClient::connect(format!("http://{}", server.grpc())).await;
    if let Ok(mut client) = plain {
        let request = GetAssetBySnRequest { sn: "GH-1".into() };
        assert_ne!(client.get_asset_by_sn(request).await.unwrap_err().code(), Code::NotFound);
    }
    server.close().await;
}

#[tokio::test]
async fn with_an_authority_for_clients_only_its_clients_get_through() {
    let files = Files::new();
    let clients = Authority::new();
    files.write("clients.pem", &clients.pem());
    let server = start(files.tls().with_client_ca(files.path("clients.pem"))).await.unwrap();
    let known = connect(&server, &files.authority, Some(clients.issue())).await.unwrap();
    assert_eq!(ask(known).await, Code::NotFound);
    for identity in [None, Some(Authority::new().issue())] {
        // With TLS 1.3 the client hears of it with its first call.
        if let Ok(channel) = connect(&server, &files.authority, identity).await {
            assert_ne!(ask(channel).await, Code::NotFound);
        }
    }
    server.close().await;
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_before_anything_starts() {
    let files = Files::new();
    files.write("garbage.pem", "garbage");
    files.write("other.pem", &Authority::new().issue().1);
    let path = |name: &str| files.path(name);
    for (tls, named) in [
        (TlsFiles::new(path("none.pem"), path("key.pem")), "none.pem"),
        (TlsFiles::new(path("cert.pem"), path("none.pem")), "none.pem"),
        (files.tls().with_client_ca(path("none.pem")), "none.pem"),
        (TlsFiles::new(path("garbage.pem"), path("key.pem")), "garbage.pem"),
        (TlsFiles::new(path("cert.pem"), path("garbage.pem")), "garbage.pem"),
        (TlsFiles::new(path("cert.pem"), path("other.pem")), "other.pem"),
        (files.tls().with_client_ca(path("garbage.pem")), "garbage.pem"),
    ] {
        let error = start(tls.clone()).await.expect_err(named);
        let StartError::Tls(error) = error else { panic!("{error:?}") };
        assert!(error.to_string().contains(named), "{error}");
        let has_cause = std::error::Error::source(&error).is_some_and(|cause| !cause.to_string().is_empty());
        assert!(has_cause, "{error:?}");
        assert_eq!(matches!(error, TlsError::Read { .. }), named == "none.pem", "{error}");
    }
}

#[tokio::test]
async fn without_files_it_is_spoken_to_in_clear() {
    let server = Server::start(Config::default()).await.unwrap();
    assert!(server.connector_url().starts_with("http://"));
    connector(server.grpc()).await;
    server.close().await;
}
