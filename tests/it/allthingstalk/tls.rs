//! Over TLS, both ways to the platform: HTTP and MQTT.

use std::net::SocketAddr;
use std::sync::Arc;

use edge_runtime::allthingstalk::{BaseClient, Client};
use edge_runtime::{ConfigError, Platform};
use edge_tests::{Http, TestResult};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

use super::cloud;
use crate::model::{Driver, Greenhouse, SN};

/// Takes TLS off and passes it on, as a proxy in front of a platform does. Returns its port.
async fn proxy(key: &CertifiedKey<rcgen::KeyPair>, to: SocketAddr) -> u16 {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let config = builder.with_single_cert(vec![key.cert.der().clone()], private).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let Ok(mut inner) = TcpStream::connect(to).await else { return };
                let _ = copy_bidirectional(&mut stream, &mut inner).await;
            });
        }
    });
    port
}

#[tokio::test]
async fn a_device_trusts_its_own_authority_and_no_other() -> TestResult {
    let cloud = cloud().await;
    let key = generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let http = format!("https://localhost:{}", proxy(&key, cloud.http()).await);
    let mqtt = format!("mqtts://localhost:{}", proxy(&key, cloud.mqtt()).await);
    let at = |http: &str, mqtt: &str| Platform::allthingstalk("any").http(http).mqtt(mqtt);
    let platform = at(&http, &mqtt).ca(key.cert.pem()).build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    device.set_temperature(31.5).await?.delivered().await?;
    let api = Http::new(cloud.http_url());
    api.wait_for_state(SN, "temperature", |value| *value == 31.5).await;
    device.close().await?;

    let other = generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let client = Client::builder("any").http(&http).ca(other.cert.pem()).build()?;
    let error = client.get_assets(SN).await.unwrap_err();
    assert!(format!("{error:?}").contains("ertificate"), "{error:?}");
    let platform = at(&cloud.http_url(), &mqtt).ca(other.cert.pem()).build()?;
    let start = platform.device(SN, Greenhouse::new()).handler(Driver);
    let error = start.startup_timeout(std::time::Duration::from_secs(2)).connect().await.unwrap_err();
    assert!(format!("{error:?}").contains("ertificate"), "{error:?}");

    let error = at(&http, &mqtt).ca("no certificate").build().unwrap_err();
    assert!(matches!(error, ConfigError::Certificate { .. }), "{error}");

    // The native platform's broker, too.
    let native = Platform::at(cloud.connector_url(), mqtt).ca(key.cert.pem()).build()?;
    let device = native.device("GH-2", Greenhouse::new()).handler(Driver).connect().await?;
    device.set_temperature(31.5).await?.delivered().await?;
    device.close().await?;
    cloud.close().await;
    Ok(())
}
