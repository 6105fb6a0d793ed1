//! TLS against servers that are not who they should be: nothing is said to them, and why is told.

mod front;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use edge_platform::Embedded;
use edge_runtime::allthingstalk::{BaseClient as _, Client};
use edge_runtime::connector::{ConnectorClient, Retry};
use edge_runtime::{ConnectError, Platform};
use edge_tests::{PlatformProgram, Process, causes, example, free_port, peer};
use futures_util::future::join_all;
use rcgen::{CertificateParams, CustomExtension, KeyPair, SanType, SerialNumber, date_time_ymd};
use tokio::net::TcpStream;
use tokio_rustls::rustls::ServerConfig;

pub(super) use self::front::{Authority, Front};
use self::front::{Heard, config};
use super::world::{Result, within};
use crate::model::{Driver, Greenhouse, SN};

const TOKEN: &str = "s3cret-of-the-device";
/// The number of the certificate that is revoked.
const REVOKED: u64 = 4711;
/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// How somebody comes to a server.
#[derive(Clone, Debug, Default)]
struct Caller {
    host: &'static str,
    /// Whom it trusts, in PEM.
    ca: String,
    /// What it knows to be revoked, in PEM.
    crl: Option<String>,
    identity: Option<(String, String)>,
}

impl Caller {
    /// Calls over gRPC.
    async fn connector(&self, port: u16) -> std::result::Result<(), String> {
        let builder = ConnectorClient::builder(format!("https://{}:{port}", self.host));
        let builder = builder.token(TOKEN).ca(&*self.ca).retry(Retry::Never);
        let builder = match &self.crl {
            Some(crl) => builder.crl(&**crl),
            None => builder,
        };
        let builder = match &self.identity {
            Some((certificate, key)) => builder.client_certificate(&**certificate, &**key),
            None => builder,
        };
        let client = builder.build().map_err(|error| causes(&error))?;
        client.get_asset_by_sn(SN).await.map(drop).map_err(|error| causes(&error))
    }

    /// Calls over HTTPS. (AllThingsTalk knows no certificates of clients.)
    async fn http(&self, port: u16) -> std::result::Result<(), String> {
        let client = Client::builder(TOKEN).http(format!("https://{}:{port}", self.host)).ca(&*self.ca);
        let client = match &self.crl {
            Some(crl) => client.crl(&**crl),
            None => client,
        };
        let client = client.build().map_err(|error| causes(&error))?;
        client.get_assets(SN).await.map(drop).map_err(|error| causes(&error))
    }

    /// Starts a device whose broker it is.
    async fn mqtt(&self, registry: &str, port: u16) -> std::result::Result<(), String> {
        let builder =
            Platform::at(registry, format!("mqtts://{}:{port}", self.host)).token(TOKEN).ca(&*self.ca);
        let builder = match &self.crl {
            Some(crl) => builder.crl(&**crl),
            None => builder,
        };
        let builder = match &self.identity {
            Some((certificate, key)) => builder.client_certificate(&**certificate, &**key),
            None => builder,
        };
        let platform = builder.build().map_err(|error| causes(&error))?;
        let device = platform.device(SN, Greenhouse::new()).handler(Driver);
        let connected = device.startup_timeout(Duration::from_secs(3)).connect().await;
        let device = connected.map_err(|error: ConnectError| causes(&error))?;
        device.close().await.map_err(|error| causes(&error))
    }
}

/// A bad server, and what is to be heard of it.
struct Case {
    name: &'static str,
    caller: Caller,
    server: ServerConfig,
    reason: &'static str,
}

fn named(name: &str) -> Result<CertificateParams> {
    Ok(CertificateParams::new(vec![name.to_owned()])?)
}

/// Servers that are not who they should be.
fn cases() -> Result<Vec<Case>> {
    let (ours, theirs) = (Authority::new("ours")?, Authority::new("theirs")?);
    let caller = |host| Caller { host, ca: ours.pem(), ..Caller::default() };
    let mut revoked = named("localhost")?;
    revoked.serial_number = Some(SerialNumber::from(REVOKED));
    let knows = |crl| Caller { crl: Some(crl), ..caller("localhost") };
    let mut expired = named("localhost")?;
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let mut unborn = named("localhost")?;
    (unborn.not_before, unborn.not_after) = (date_time_ymd(2990, 1, 1), date_time_ymd(2991, 1, 1));
    let mut address = CertificateParams::new(Vec::new())?;
    address.subject_alt_names = vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)))];
    let own = KeyPair::generate()?;
    let own_certificate = named("localhost")?.self_signed(&own)?;
    let case = |name, host, server, reason| Case { name, caller: caller(host), server, reason };
    Ok(vec![
        case("unknown authority", "localhost", theirs.server("localhost")?, "UnknownIssuer"),
        case("expired", "localhost", ours.server_of(expired)?, "certificate expired: verification time"),
        case(
            "not yet valid",
            "localhost",
            ours.server_of(unborn)?,
            "certificate not valid yet: verification time",
        ),
        Case {
            name: "revoked",
            caller: knows(ours.crl(&[REVOKED])?),
            server: ours.server_of(revoked)?,
            reason: "Revoked",
        },
        Case {
            name: "nothing is known of",
            caller: knows(theirs.crl(&[])?),
            server: ours.server("localhost")?,
            reason: "UnknownRevocationStatus",
        },
        case("another name", "localhost", ours.server("example.org")?, "not valid for name"),
        case("another address", "127.0.0.1", ours.server_of(address)?, "not valid for name"),
        case("a name, and called by address", "127.0.0.1", ours.server("localhost")?, "not valid for name"),
        case(
            "by itself",
            "localhost",
            config(None, vec![own_certificate.der().clone()], &own)?,
            "UnknownIssuer",
        ),
    ])
}

/// Nothing but a handshake was said, and no secret in it.
fn assert_silent(name: &str, heard: &Heard) {
    assert!(heard.connections > 0, "{name}: nobody came");
    assert_eq!(heard.clear, b"", "{name}");
    for raw in &heard.raw {
        assert_eq!(raw.first(), Some(&HANDSHAKE), "{name}: in clear");
        assert!(!raw.windows(TOKEN.len()).any(|bytes| bytes == TOKEN.as_bytes()), "{name}");
    }
}

#[tokio::test]
async fn s01_a_server_that_is_another_is_told_nothing_and_named_with_the_reason() -> Result {
    let registry = Embedded::start().await?;
    let url = registry.connector_url();
    let checks = cases()?.into_iter().map(|Case { name, caller, server, reason }| {
        let url = url.clone();
        async move {
            for protocol in ["grpc", "https", "mqtts"] {
                let front = Front::start(server.clone()).await?;
                let result = match protocol {
                    "grpc" => caller.connector(front.port()).await,
                    "https" => caller.http(front.port()).await,
                    _ => caller.mqtt(&url, front.port()).await,
                };
                let error = result.expect_err(name);
                let heard = front.heard();
                println!("S01, {name}, {protocol}: {} connections: {error}", heard.connections);
                assert!(error.contains(reason), "{name}, {protocol}: {error}");
                assert_silent(name, &heard);
            }
            Result::Ok(())
        }
    });
    join_all(checks).await.into_iter().collect::<Result<Vec<()>>>()?;
    within(60, registry.close()).await?;
    Ok(())
}

#[tokio::test]
async fn s01_a_server_that_is_not_on_the_list_of_what_is_revoked_is_spoken_to() -> Result {
    let ours = Authority::new("ours")?;
    let server = Embedded::start().await?;
    let crl = Some(ours.crl(&[REVOKED])?);
    let caller = Caller { host: "localhost", ca: ours.pem(), crl, identity: None };
    let config = ours.server("localhost")?;
    let broker = Front::before(config.clone(), Some(server.mqtt().port())).await?;
    caller.mqtt(&server.connector_url(), broker.port()).await?;
    let connector = Front::before(config.clone(), Some(server.grpc().port())).await?;
    caller.connector(connector.port()).await?;
    let http = Front::before(without_h2(config), Some(server.http().port())).await?;
    caller.http(http.port()).await?;
    for (crl, reason) in
        [("", "there is no list"), ("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "")]
    {
        let caller = Caller { crl: Some(crl.to_owned()), ..caller.clone() };
        for error in [caller.connector(1).await, caller.http(1).await, caller.mqtt("localhost", 1).await] {
            let error = error.expect_err("it is none");
            assert!(error.starts_with("EDGE_CRL: ") && error.contains(reason), "{error}");
        }
    }
    within(60, server.close()).await?;
    Ok(())
}

#[tokio::test]
async fn s01_a_client_without_a_good_certificate_is_not_let_in_and_knows_why() -> Result {
    let ours = Authority::new("ours")?;
    let theirs = Authority::new("theirs")?;
    let mut expired = named("device")?;
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let registry = Embedded::start().await?;
    for (name, identity, reason) in [
        ("none", None, "CertificateRequired"),
        ("expired", Some(ours.identity_of(expired)?), "CertificateExpired"),
        ("by another", Some(theirs.identity("device")?), "UnknownCA"),
    ] {
        let caller = Caller { host: "localhost", ca: ours.pem(), crl: None, identity };
        for protocol in ["grpc", "mqtts"] {
            let front = Front::start(ours.server_for_clients()?).await?;
            let result = match protocol {
                "grpc" => caller.connector(front.port()).await,
                _ => caller.mqtt(&registry.connector_url(), front.port()).await,
            };
            let error = result.expect_err(name);
            println!("S01, client certificate {name}, {protocol}: {error}");
            assert!(error.contains(reason), "{name}, {protocol}: {error}");
            assert_silent(name, &front.heard());
        }
    }
    // And a good one is.
    let caller =
        Caller { host: "localhost", ca: ours.pem(), crl: None, identity: Some(ours.identity("device")?) };
    let front = Front::before(ours.server_for_clients()?, Some(registry.mqtt().port())).await?;
    caller.mqtt(&registry.connector_url(), front.port()).await?;
    within(60, registry.close()).await?;
    Ok(())
}

/// What only old servers speak: `openssl s_server`.
#[tokio::test]
async fn s01_a_server_that_speaks_old_tls_only_is_refused() -> Result {
    let Some(_) = peer("openssl") else { return Ok(()) };
    let ours = Authority::new("ours")?;
    let folder = tempfile::tempdir()?;
    let (certificate, key) = ours.identity("localhost")?;
    let file = |name: &str, text: &str| -> Result<String> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let (certificate, key) = (file("cert.pem", &certificate)?, file("key.pem", &key)?);
    let registry = Embedded::start().await?;
    let caller = Caller { host: "localhost", ca: ours.pem(), ..Caller::default() };
    for version in ["-tls1", "-tls1_1"] {
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let arguments = ["s_server", "-accept", &address, version, "-cert", &certificate, "-key", &key];
        let mut command = std::process::Command::new("openssl");
        command.args(arguments).args(["-cipher", "ALL:@SECLEVEL=0", "-quiet", "-msg"]);
        let server = Process::start(&mut command)?;
        while TcpStream::connect(&address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for (protocol, result) in [
            ("grpc", caller.connector(port).await),
            ("https", caller.http(port).await),
            ("mqtts", caller.mqtt(&registry.connector_url(), port).await),
        ] {
            let error = result.expect_err(version);
            println!("S01, {version}, {protocol}: {error}");
            assert!(error.contains("ProtocolVersion"), "{version}, {protocol}: {error}");
        }
        let said = format!("{}{}", server.out.text(), server.err.text());
        assert!(!said.contains(TOKEN), "{said}");
    }
    within(60, registry.close()).await?;
    Ok(())
}

/// A server whose chain has so many certificates more than it needs, of 20 kB each.
fn long_chain(authority: &Authority, more: usize) -> Result<ServerConfig> {
    let key = KeyPair::generate()?;
    let large = || -> Result<_> {
        let mut params = named("localhost")?;
        // An extension that nobody knows, of whatever length.
        let extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![4; 20_000]);
        params.custom_extensions = vec![extension];
        Ok(params.signed_by(&key, &authority.issuer)?.der().clone())
    };
    let chain = (0..=more).map(|_| large()).collect::<Result<Vec<_>>>()?;
    config(None, chain, &key)
}

#[tokio::test]
async fn s02_the_longest_chain_of_certificates_works_and_a_longer_one_is_an_error() -> Result {
    let ours = Authority::new("ours")?;
    let server = Embedded::start().await?;
    let caller = Caller { host: "localhost", ca: ours.pem(), ..Caller::default() };
    // Several records of TLS, 16 KiB each.
    for more in [0, 1, 2] {
        let config = long_chain(&ours, more)?;
        let broker = Front::before(config.clone(), Some(server.mqtt().port())).await?;
        caller
            .mqtt(&server.connector_url(), broker.port())
            .await
            .map_err(|error| format!("{more}: {error}"))?;
        let connector = Front::before(config.clone(), Some(server.grpc().port())).await?;
        caller.connector(connector.port()).await?;
        let http = Front::before(without_h2(config), Some(server.http().port())).await?;
        caller.http(http.port()).await?;
    }
    for more in [3, 50] {
        let front = Front::start(long_chain(&ours, more)?).await?;
        for result in [
            caller.connector(front.port()).await,
            caller.http(front.port()).await,
            caller.mqtt(&server.connector_url(), front.port()).await,
        ] {
            println!("S02, {more} certificates more: {}", result.expect_err("it is too long"));
        }
        assert_silent("too long", &front.heard());
    }
    within(60, server.close()).await?;
    Ok(())
}

fn without_h2(mut config: ServerConfig) -> ServerConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

#[tokio::test]
async fn s02_a_bad_certificate_among_the_systems_is_passed_over() -> Result {
    let ours = Authority::new("ours")?;
    let program = PlatformProgram::start(&["--token", TOKEN]).await;
    let port = |url: &str| url.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    let connector = Front::before(ours.server("localhost")?, Some(port(&program.connector))).await?;
    let broker = Front::before(ours.server("localhost")?, Some(port(&program.mqtt))).await?;
    let folder = tempfile::tempdir()?;
    let store = folder.path().join("store.pem");
    let pem = |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    std::fs::write(&store, [pem("AAAA"), pem("MIIBszCCAVmgAwIBAgIUf8ha"), ours.pem(), pem("MAA=")].concat())?;
    let mut command = std::process::Command::new(example("thermometer"));
    command.env("SSL_CERT_FILE", &store).env_remove("SSL_CERT_DIR").env("EDGE_TOKEN", TOKEN);
    command.env("EDGE_CONNECTOR", format!("https://localhost:{}", connector.port()));
    command.env("EDGE_MQTT", format!("mqtts://localhost:{}", broker.port())).env("RUST_LOG", "info");
    let process = Process::start(&mut command)?;
    let client = reqwest::Client::new();
    let url = format!("{}/devices?includeAssets=true", program.http.url());
    let registered = async {
        loop {
            let text = client.get(&url).bearer_auth(TOKEN).send().await?.text().await?;
            if text.contains("\"value\"") {
                return reqwest::Result::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let reported = tokio::time::timeout(Duration::from_secs(60), registered).await;
    reported.map_err(|_| format!("{}{}", process.out.text(), process.err.text()))??;
    assert!(!process.err.text().contains("panicked"), "{}", process.err.text());
    Ok(())
}
