//! What tokens open, over all three protocols.

use edge_platform::{Config, Server, Tokens};
use edge_proto::connector::v1::{GetAssetBySnRequest, OpenSessionRequest, RegisterAssetRequest};
use rumqttc::{LastWill, QoS};
use tonic::Code;

use crate::device::{Device, Seen};
use crate::support::{connector, greenhouse, http, next_state, with};

const ALL: Option<&str> = Some("maker:4All");
const OWN: Option<&str> = Some("maker:4Own");

async fn platform() -> Server {
    let mut config = Config::default();
    config.tokens = "maker:4All maker:4Own=GH-1".parse::<Tokens>().unwrap();
    let server = Server::start(config).await.unwrap();
    let mut client = connector(server.grpc()).await;
    for sn in ["GH-1", "GH-2"] {
        let request = RegisterAssetRequest { asset: Some((&greenhouse(sn)).into()) };
        client.register_asset(with(ALL, request)).await.unwrap();
    }
    server
}

#[tokio::test]
async fn grpc_tells_unknown_tokens_from_those_of_another_device() {
    let server = platform().await;
    let mut client = connector(server.grpc()).await;
    for (token, sn, expected) in [
        (ALL, "GH-2", Code::Ok),
        (OWN, "GH-1", Code::Ok),
        (OWN, "GH-2", Code::PermissionDenied),
        (OWN, "GH-3", Code::PermissionDenied),
        (Some("other"), "GH-1", Code::Unauthenticated),
        (None, "GH-1", Code::Unauthenticated),
    ] {
        let get = client.get_asset_by_sn(with(token, GetAssetBySnRequest { sn: sn.into() })).await;
        let open = client
            .open_session(with(token, OpenSessionRequest { sn: sn.into(), ..Default::default() }))
            .await;
        let register = RegisterAssetRequest { asset: Some((&greenhouse(sn)).into()) };
        let register = client.register_asset(with(token, register)).await;
        let codes = [get.err(), open.err(), register.err()].map(|e| e.map_or(Code::Ok, |e| e.code()));
        assert_eq!(codes, [expected; 3], "{token:?} {sn}");
    }
    server.close().await;
}

#[tokio::test]
async fn http_answers_403_whatever_is_wrong_with_the_token() {
    let server = platform().await;
    for (token, path, expected) in [
        (ALL, "GET /device/GH-2/assets", 200),
        (OWN, "GET /device/GH-1/assets", 200),
        (OWN, "GET /device/GH-2/assets", 403),
        (OWN, "GET /device/GH-3", 403),
        (OWN, "PUT /device/GH-2/asset/vent/command", 403),
        (Some("other"), "GET /device/GH-1/assets", 403),
        (None, "GET /device/GH-1/assets", 403),
        (None, "GET /devices", 403),
        (None, "GET /health", 200),
    ] {
        assert_eq!(http(server.http(), path, token, "1").await.0, expected, "{token:?} {path}");
    }
    let (_, devices) = http(server.http(), "GET /devices", OWN, "").await;
    assert_eq!(devices.as_array().unwrap().len(), 1);
    server.close().await;
}

#[tokio::test]
async fn mqtt_lets_a_device_do_what_is_its_own() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    for token in [None, Some("other"), Some("")] {
        assert!(Device::connect(broker, token, None).await.is_err(), "{token:?}");
    }
    let mut states = server.states();
    let mut device = Device::connect(broker, OWN, None).await.unwrap();
    assert!(device.subscribe("device/GH-1/asset/+/command").await);
    for filter in ["device/GH-2/state", "device/+/state", "#", "$share/g/device/#"] {
        assert!(!device.subscribe(filter).await, "{filter}");
    }
    device.publish("device/GH-2/asset/temperature/state", "1").await;
    device.publish("device/GH-1/asset/temperature/state", "2").await;
    assert_eq!(next_state(&mut states).await, ("temperature".into(), "2".into()));
    assert!(server.state("GH-2", "temperature").await.unwrap().is_none());
    server.close().await;
}

#[tokio::test]
async fn a_device_with_a_will_for_another_device_gets_no_connection() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    let mut observer = Device::connect(broker, ALL, None).await.unwrap();
    assert!(observer.subscribe("device/+/presence").await);
    let payload = r#"{"status":"offline"}"#;
    let will = |sn| LastWill::new(format!("device/{sn}/presence"), payload, QoS::AtLeastOnce, false);
    assert!(Device::connect(broker, OWN, Some(will("GH-2"))).await.is_err());
    drop(Device::connect(broker, OWN, Some(will("GH-1"))).await.unwrap());
    assert_eq!(observer.message().await.0, "device/GH-1/presence");
    server.close().await;
}

#[tokio::test]
async fn closing_ends_the_connections() {
    let server = platform().await;
    let mut device = Device::connect(server.embedded_broker().unwrap(), ALL, None).await.unwrap();
    server.close().await;
    assert!(matches!(device.next().await, Seen::Failed(_)));
}
