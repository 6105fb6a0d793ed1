//! Platforms that are down, restart, refuse, or answer nonsense.

use std::net::SocketAddr;
use std::time::Duration;

use edge_platform::{Config, Server, Tokens};
use edge_proto::DeviceId;
use edge_runtime::allthingstalk::{BaseClient, Client, ClientError};
use edge_runtime::{Channel, ConnectError, ListenError, Platform};
use edge_tests::{Http, Mosquitto, TestResult, causes, free_port, publish};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{cloud, platform};
use crate::model::{Driver, Greenhouse, SN};

fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

fn at(http: SocketAddr, mqtt: SocketAddr) -> Platform {
    Platform::allthingstalk("any").http(http.to_string()).mqtt(mqtt.to_string()).build().unwrap()
}

#[tokio::test]
async fn commands_and_feed_arrive_after_the_broker_was_killed() -> TestResult {
    let Some(mut broker) = Mosquitto::start().await else { return Ok(()) };
    let mut config = Config::default();
    config.auto_create = true;
    config.broker = Some(broker.url().parse()?);
    let server = Server::start(config).await?;
    let platform = Platform::allthingstalk("any").http(server.http_url()).mqtt(broker.url()).build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let mut feed = device.listen(Channel::Feed).await?;
    let http = Http::new(server.http_url());

    broker.kill().await;
    // Taken while nobody is there, and not lost.
    device.set_temperature(31.5).await?;
    broker.restart().await;
    http.wait_for_state(SN, "temperature", |value| *value == 31.5).await;
    let mut echo = feed.recv().await?;
    while !(echo.asset == "temperature" && echo.read::<f64>()? == 31.5) {
        echo = feed.recv().await?;
    }
    let sent = publish(broker.port(), "device/GH-1/asset/vent/command", r#"{"value":35}"#).await;
    if sent.is_none() {
        return Ok(());
    }
    http.wait_for_state(SN, "vent", |value| *value == 35).await;
    device.close().await?;
    server.close().await;
    Ok(())
}

#[tokio::test]
async fn a_platform_that_is_down_at_the_start_is_waited_for() -> TestResult {
    let (http, mqtt) = (free(), free());
    let platform = at(http, mqtt);
    let waiting = platform.device(SN, Greenhouse::new()).handler(Driver).connect();
    let offline = platform.device("GH-2", Greenhouse::new()).handler(Driver).start_offline(true);
    let offline = offline.connect().await?;
    offline.set_temperature(31.5).await?;
    assert!(!offline.is_online());

    let start = async {
        let mut config = Config::default();
        (config.http, config.mqtt, config.auto_create) = (http, mqtt, true);
        Server::start(config).await
    };
    let (device, server) = tokio::join!(waiting, start);
    let (device, server) = (device?, server?);
    let api = Http::new(server.http_url());
    api.wait_for_state("GH-2", "temperature", |value| *value == 31.5).await;
    assert_eq!(device.session(), 1);
    device.close().await?;
    offline.close().await?;
    server.close().await;
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_named_with_its_cause() -> TestResult {
    let connect = |platform: Platform| async move {
        let builder = platform.device(SN, Greenhouse::new()).handler(Driver);
        builder.startup_timeout(Duration::from_secs(2)).connect().await.map(drop).unwrap_err()
    };
    let nowhere = free();
    let error = causes(&connect(at(nowhere, nowhere)).await);
    assert!(error.contains(&format!("http://{nowhere}")) && error.contains("refused"), "{error}");

    let cloud = cloud().await;
    let error = causes(&connect(at(cloud.http(), nowhere)).await);
    assert!(error.contains(&format!("mqtt://{nowhere}")), "{error}");
    cloud.close().await;

    // Nobody makes devices there by themselves.
    let server = Server::start(Config::default()).await?;
    let error = connect(at(server.http(), server.embedded_broker().unwrap())).await;
    assert!(matches!(error, ConnectError::Reconcile(_)));
    let error = causes(&error);
    assert!(error.contains("the device `GH-1` must be made there first"), "{error}");
    server.close().await;
    Ok(())
}

#[tokio::test]
async fn a_token_for_another_device_opens_nothing() -> TestResult {
    let mut config = Config::default();
    config.auto_create = true;
    config.tokens = Tokens::default()
        .with_device("canary-1", DeviceId::new("GH-1")?)
        .with_device("canary-2", DeviceId::new("GH-2")?);
    let server = Server::start(config).await?;
    let platform =
        |token: &str| Platform::allthingstalk(token).http(server.http_url()).mqtt(server.mqtt_url()).build();
    let one = platform("canary-1")?.device("GH-1", Greenhouse::new()).handler(Driver).connect().await?;
    let error = platform("canary-2")?.device("GH-1", Greenhouse::new()).handler(Driver).connect().await;
    let error = causes(&error.map(drop).unwrap_err());
    assert!(error.contains("403") && !error.contains("canary"), "{error}");

    let theirs = Client::builder("canary-2").http(server.http_url()).build()?;
    for forbidden in [
        theirs.get_assets("GH-1").await.map(drop),
        theirs.get_asset_state("GH-1", "vent").await.map(drop),
        theirs.get_states("GH-1").await.map(drop),
        theirs.delete_asset("GH-1", "vent").await,
        theirs.delete_device("GH-1").await,
    ] {
        let error = forbidden.unwrap_err();
        assert!(matches!(error, ClientError::Forbidden { .. }), "{error}");
        assert!(!format!("{error} {error:?} {theirs:?}").contains("canary"));
    }
    let wrong = platform("canary-3")?.device("GH-1", Greenhouse::new()).handler(Driver).connect().await;
    assert!(matches!(wrong.map(drop).unwrap_err(), ConnectError::Reconcile(_)));
    assert!(one.is_online());
    one.close().await?;
    assert!(matches!(one.listen(Channel::Feed).await, Err(ListenError::Closed { .. })));
    server.close().await;
    Ok(())
}

/// A server that gives each connection one answer.
async fn answering(answer: &'static [u8]) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer).await;
                // Whoever waits for more gets no more.
                let _ = stream.read(&mut [0; 4096]).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn nonsense_is_an_error_and_never_shows_the_token() -> TestResult {
    for (answer, retryable, words) in [
        (&b"not http at all\r\n\r\n"[..], true, "the connection failed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", false, "cannot be understood"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[{\"a\":1}]", false, "cannot be understood"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n[", false, "cannot be understood"),
        (
            b"HTTP/1.1 503 Away\r\nContent-Length: 14\r\n\r\ncanary is away",
            true,
            "503 Service Unavailable: .. is away",
        ),
        (
            b"HTTP/1.1 418 Pot\r\nContent-Length: 31\r\n\r\n{\"status\":418,\"error\":\"teapot\"}",
            false,
            "(418): teapot",
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            false,
            "(302): Found",
        ),
        (
            b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
            false,
            "refuses the token for /device/GH-1/assets: Forbidden",
        ),
    ] {
        let address = answering(answer).await;
        let client = Client::builder("canary").http(address.to_string()).build()?;
        let error = client.get_assets(SN).await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{error:?}");
        let text = causes(&error);
        assert!(text.contains(words) && !text.contains("canary"), "{text}");
        assert!(!format!("{error:?}").contains("canary"));
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up() -> TestResult {
    let address = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[").await;
    let client = Client::builder("canary").http(address.to_string()).build()?;
    tokio::time::pause();
    let error = client.get_assets(SN).await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("no answer within 10s"), "{error}");
    Ok(())
}

/// Another program creates an asset between our look and our write.
#[tokio::test]
async fn nothing_is_overwritten_that_somebody_else_has_just_made() -> TestResult {
    let cloud = cloud().await;
    let device = platform(&cloud).device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let client = Client::builder("any").http(cloud.http_url()).build()?;
    let mut asset = super::promises::declared("vent");
    asset.title = "Another".to_owned();
    let error = client.create_asset(SN, &asset).await.unwrap_err();
    assert!(matches!(error, ClientError::Exists { .. }), "{error}");
    assert_ne!(client.get_asset(SN, "vent").await?.title, "Another");
    assert_eq!(client.put_asset(SN, &asset).await?.title, "Another");

    // What cannot be is told as it is.
    asset.name = "not a name".to_owned();
    let error = client.create_asset(SN, &asset).await.unwrap_err();
    assert!(matches!(error, ClientError::Rejected { status: 400, .. }), "{error}");
    device.close().await?;
    cloud.close().await;
    Ok(())
}
