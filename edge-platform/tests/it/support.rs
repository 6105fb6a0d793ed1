//! What the tests share: a registered device, and clients for the platform's three protocols.

use std::net::SocketAddr;
use std::time::Duration;

use edge_platform::StateEvent;
use edge_proto::connector::AUTHORIZATION;
use edge_proto::connector::v1::connector_service_client::ConnectorServiceClient;
use edge_proto::connector::v1::{self, RegisterAssetRequest};
use edge_proto::{Asset, AssetType, Device, Kind, Profile, ValueType};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use tonic::Request;
use tonic::transport::Channel;

/// How long a test waits for what should come at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const SN: &str = "GH-1";

fn asset(name: &str, kind: Kind, value_type: ValueType, maximum: i32) -> Asset {
    Asset {
        name: name.into(),
        kind,
        title: name.into(),
        description: String::new(),
        profile: Profile { maximum: Some(maximum.into()), ..Profile::new(value_type) },
    }
}

/// A sensor `temperature`, an actuator `vent`, a config `period`.
pub(crate) fn greenhouse(sn: &str) -> Device {
    Device {
        sn: sn.into(),
        model: "urn:example:greenhouse:1".into(),
        title: "Greenhouse".into(),
        description: "Keeps cool".into(),
        asset_type: AssetType::Sensor,
        vendor: "Example".into(),
        parent: None,
        assets: vec![
            asset("temperature", Kind::Sensor, ValueType::Number, 85),
            asset("vent", Kind::Actuator, ValueType::Integer, 100),
            asset("period", Kind::Config, ValueType::Integer, 3600),
        ],
    }
}

pub(crate) async fn connector(address: SocketAddr) -> ConnectorServiceClient<Channel> {
    ConnectorServiceClient::connect(format!("http://{address}")).await.unwrap()
}

pub(crate) async fn register(address: SocketAddr, device: &Device) -> v1::Asset {
    let request = RegisterAssetRequest { asset: Some(device.into()) };
    connector(address).await.register_asset(request).await.unwrap().into_inner()
}

/// The message with a bearer token.
pub(crate) fn with<T>(token: Option<&str>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    }
    request
}

/// Asks again until it holds; between the questions the platform may work.
pub(crate) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it never came to hold");
}

/// The next state that the platform takes.
pub(crate) async fn next_state(states: &mut broadcast::Receiver<StateEvent>) -> (String, String) {
    let event = tokio::time::timeout(PATIENCE, states.recv()).await.expect("no state arrived").unwrap();
    (event.asset, event.state.value.get().to_owned())
}

/// One HTTP request; the status, and the body as JSON.
pub(crate) async fn http(
    address: SocketAddr,
    request: &str,
    token: Option<&str>,
    body: &str,
) -> (u16, Value) {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: platform\r\nConnection: close\r\n{authorization}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut reply = String::new();
    // A server that refuses a large body may close before it has all of it.
    let (_, _) = tokio::join!(writer.write_all(text.as_bytes()), reader.read_to_string(&mut reply));
    let (head, body) = reply.split_once("\r\n\r\n").expect("a reply with head and body");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    if status == 204 {
        assert_eq!(body, "");
        return (status, Value::Null);
    }
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")))
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> (u16, Value) {
    http(address, &format!("GET {path}"), None, "").await
}

pub(crate) async fn post(address: SocketAddr, path: &str, body: &str) -> (u16, Value) {
    http(address, &format!("POST {path}"), None, body).await
}

pub(crate) async fn delete(address: SocketAddr, path: &str) -> (u16, Value) {
    http(address, &format!("DELETE {path}"), None, "").await
}

pub(crate) async fn put(address: SocketAddr, path: &str, body: &str) -> (u16, Value) {
    http(address, &format!("PUT {path}"), None, body).await
}
