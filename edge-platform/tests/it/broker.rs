//! An external broker: another platform's embedded one plays it.

use std::net::SocketAddr;
use std::time::Duration;

use edge_platform::{Config, DatabaseUrl, Embedded, Server, StartError};

use crate::device::Device;
use crate::support::{PATIENCE, SN, greenhouse, next_state, register};

fn config(broker: SocketAddr, database: DatabaseUrl) -> Config {
    let mut config = Config::default();
    config.broker = Some(format!("mqtt://{broker}").parse().unwrap());
    config.database = database;
    config
}

#[tokio::test]
async fn what_was_published_while_the_platform_was_away_is_stored_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let database = DatabaseUrl::sqlite(folder.path().join("platform.db"));
    let broker = Embedded::start().await.unwrap();
    let server = Server::start(config(broker.mqtt(), database.clone())).await.unwrap();
    assert_eq!(server.broker_address(), broker.mqtt().to_string());
    register(server.grpc(), &greenhouse(SN)).await;
    let mut device = Device::connect(broker.mqtt(), None, None).await.unwrap();
    let mut states = server.states();
    device.publish("device/GH-1/asset/temperature/state", "1").await;
    next_state(&mut states).await;
    server.close().await;

    device.publish("device/GH-1/asset/temperature/state", "2").await;
    let server = Server::start(config(broker.mqtt(), database)).await.unwrap();
    let mut states = server.states();
    device.publish("device/GH-1/asset/vent/state", "3").await;
    while next_state(&mut states).await.0 != "vent" {}
    let temperature = server.state(SN, "temperature").await.unwrap().unwrap();
    assert_eq!(temperature.value.get(), "2");
    server.close().await;
    broker.close().await;
}

#[tokio::test]
async fn the_platform_comes_back_to_a_broker_that_was_restarted() {
    let broker = Embedded::start().await.unwrap();
    let address = broker.mqtt();
    let server = Server::start(config(address, DatabaseUrl::memory())).await.unwrap();
    register(server.grpc(), &greenhouse(SN)).await;
    let mut states = server.states();
    broker.close().await;

    let mut again = Config::default();
    again.mqtt = address;
    let broker = Server::start(again).await.unwrap();
    let mut device = Device::connect(address, None, None).await.unwrap();
    assert!(device.subscribe("device/GH-1/asset/+/command").await);
    // A command waits for the broker, so its arrival says that the platform is back.
    let command = server.send_command(SN, "vent", 30.into(), Duration::from_secs(20));
    let (outcome, _) = tokio::join!(command, device.answer(SN, r#""status":"applied","value":30"#));
    assert_eq!(outcome.unwrap().value.unwrap().get(), "30");
    device.publish("device/GH-1/asset/vent/state", "30").await;
    assert_eq!(next_state(&mut states).await, ("vent".into(), "30".into()));
    server.close().await;
    broker.close().await;
}

#[tokio::test]
async fn a_broker_that_cannot_be_reached_is_named_with_the_cause() {
    // Nobody else can take it meanwhile, and nobody listens.
    let unused = tokio::net::TcpSocket::new_v4().unwrap();
    unused.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = unused.local_addr().unwrap();
    let mut config = config(address, DatabaseUrl::memory());
    config.startup_timeout = Duration::from_millis(300);
    match Server::start(config).await {
        Err(StartError::Broker { address: named, source, .. }) => {
            assert_eq!(named, address.to_string());
            assert!(source.to_string().contains("refused"), "{source}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_the_embedded_broker_acknowledged_is_stored_before_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=20_u64 {
        let mut config = Config::default();
        config.database = DatabaseUrl::sqlite(folder.path().join(format!("{round}.db")));
        let server = Server::start(config.clone()).await.unwrap();
        register(server.grpc(), &greenhouse(SN)).await;
        let mut device = Device::connect(server.embedded_broker().unwrap(), None, None).await.unwrap();
        let mut acknowledged = 0;
        let mut states = server.states();
        let closing = tokio::spawn(async move {
            // In the middle of the device's work.
            next_state(&mut states).await;
            server.close().await;
        });
        for seq in 1.. {
            let state = format!(r#"{{"value":20,"session":1,"seq":{seq}}}"#);
            if !device.try_publish("device/GH-1/asset/temperature/state", state).await {
                break;
            }
            acknowledged = seq;
        }
        tokio::time::timeout(PATIENCE, closing).await.expect("it does not close").unwrap();
        let server = Server::start(config).await.unwrap();
        let stored = server.state(SN, "temperature").await.unwrap();
        let stored = stored.map_or(0, |state| state.stamp.unwrap().seq);
        assert!(stored >= acknowledged, "{acknowledged} acknowledged, {stored} stored");
        server.close().await;
    }
}
