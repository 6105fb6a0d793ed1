//! Over TLS: with an authority of one's own, and with a certificate of the client's.

use edge_proto::connector::v1;
use edge_runtime::connector::{Code, ConnectorBuilder, ConnectorClient, Retry};
use edge_tests::{FakeConnector, Reply, TestResult, causes};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use super::call;

/// An authority, and certificates by it.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Certificate and key of this name.
    fn issue(&self, name: &str) -> Result<(String, String), rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, &self.issuer)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    /// A Connector with a certificate by this authority.
    async fn serve(&self, tls: ServerTlsConfig) -> Result<FakeConnector, Box<dyn std::error::Error>> {
        let (certificate, key) = self.issue("localhost")?;
        let server = Server::builder().tls_config(tls.identity(Identity::from_pem(certificate, key)))?;
        let answer = |_: &_| Reply::message(&v1::Asset { sn: "DOCK-1".to_owned(), ..v1::Asset::default() });
        Ok(FakeConnector::on("127.0.0.1:0".parse()?, server, None, answer).await)
    }
}

fn client(fake: &FakeConnector) -> ConnectorBuilder {
    ConnectorClient::builder(format!("https://localhost:{}", fake.address().port())).retry(Retry::Never)
}

#[tokio::test]
async fn v28_a_server_of_ones_own_authority_is_trusted_and_no_other() -> TestResult {
    let (ours, theirs) = (Authority::new()?, Authority::new()?);
    let fake = ours.serve(ServerTlsConfig::new()).await?;
    assert_eq!(client(&fake).ca(&*ours.pem).build()?.get_asset("1").await?.sn, "DOCK-1");

    let error = call(&client(&fake).ca(&*theirs.pem).build()?, "get_asset").await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(causes(&error).contains("certificate"), "{}", causes(&error));

    // By the same authority, for another name.
    let by_address = ConnectorClient::builder(format!("https://127.0.0.1:{}", fake.address().port()));
    let error = call(&by_address.retry(Retry::Never).ca(&*ours.pem).build()?, "get_asset").await.unwrap_err();
    assert!(causes(&error).contains("certificate"), "{}", causes(&error));
    Ok(())
}

#[tokio::test]
async fn a_client_proves_who_it_is_by_its_certificate() -> TestResult {
    let authority = Authority::new()?;
    let tls = ServerTlsConfig::new().client_ca_root(Certificate::from_pem(&authority.pem));
    let fake = authority.serve(tls).await?;
    let client = || client(&fake).ca(&*authority.pem);
    let (certificate, key) = authority.issue("device")?;
    assert_eq!(client().client_certificate(certificate, key).build()?.get_asset("1").await?.sn, "DOCK-1");

    let anonymous = call(&client().build()?, "get_asset").await.unwrap_err();
    assert!(anonymous.is_retryable(), "{anonymous}");
    assert_eq!(fake.count("GetAsset"), 1);
    Ok(())
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_before_any_call() {
    for (builder, expected) in [
        (
            ConnectorClient::builder("https://localhost").ca("nothing"),
            "EDGE_CA: the certificate cannot be used: ",
        ),
        (
            ConnectorClient::builder("https://localhost").ca(ca()).client_certificate("", "key canary"),
            "the Connector's URL: the certificate cannot be used: ",
        ),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.starts_with(expected) && !error.contains("canary"), "{error}");
    }
}

fn ca() -> String {
    Authority::new().unwrap().pem
}
