//! Who may do what over HTTP: every verb on every path, with every sort of token.

use std::net::SocketAddr;

use edge_platform::{Config, Server, Tokens};
use edge_proto::connector::v1::RegisterAssetRequest;
use serde_json::Value;

use crate::support::{connector, greenhouse, http, with};

const ALL: Option<&str> = Some("maker:4All");

/// Every request that the API takes, for a device and one of its assets, with a body that it takes.
const REQUESTS: [(&str, &str); 20] = [
    ("GET /device/{id}", ""),
    ("PUT /device/{id}", r#"{"name":"Mine now"}"#),
    ("GET /device/{id}/assets", ""),
    ("POST /device/{id}/assets", r#"{"name":"new","profile":"number"}"#),
    ("GET /device/{id}/asset/vent", ""),
    ("PUT /device/{id}/asset/vent", r#"{"title":"Mine now"}"#),
    ("PUT /device/{id}/asset/newer", r#"{"profile":"number"}"#),
    ("PUT /device/{id}/asset/vent/state", r#"{"value":1}"#),
    ("GET /device/{id}/asset/vent/state", ""),
    ("PUT /device/{id}/state", r#"{"vent":{"value":1}}"#),
    ("GET /device/{id}/state", ""),
    ("PUT /asset/{asset}/state", r#"{"value":1}"#),
    ("GET /asset/{asset}/state", ""),
    ("PUT /device/{id}/asset/vent/command", r#"{"value":1,"timeout":"1ms"}"#),
    ("PUT /device/{id}/command", r#"{"values":{"vent":1},"timeout":"1ms"}"#),
    ("PUT /asset/{asset}/command", r#"{"value":1,"timeout":"1ms"}"#),
    ("GET /device/{id}/alerts", ""),
    ("GET /device/{id}/data", ""),
    ("POST /device/{id}/action/reboot", ""),
    ("DELETE /device/{id}/asset/period", ""),
];

/// Last: what it is about is gone then.
const DELETE: (&str, &str) = ("DELETE /device/{id}", "");

async fn platform() -> Server {
    let mut config = Config::default();
    let tokens = "maker:4All one=GH-1 two=GH-2 dock=DOCK ours=org:acme theirs=org:other";
    config.tokens = tokens.parse::<Tokens>().unwrap();
    config.auto_create = true;
    let server = Server::start(config).await.unwrap();
    let mut client = connector(server.grpc()).await;
    let mut child = greenhouse("GH-3");
    child.parent = Some("DOCK".into());
    for (token, device) in [
        (ALL, greenhouse("GH-1")),
        (Some("ours"), greenhouse("GH-2")),
        (ALL, greenhouse("DOCK")),
        (ALL, child),
    ] {
        let request = RegisterAssetRequest { asset: Some((&device).into()) };
        client.register_asset(with(token, request)).await.unwrap();
    }
    server
}

async fn ask(address: SocketAddr, request: (&str, &str), device: &str, token: Option<&str>) -> (u16, Value) {
    let (_, asset) = http(address, &format!("GET /device/{device}/asset/vent"), ALL, "").await;
    let path = request.0.replace("{id}", device).replace("{asset}", asset["id"].as_str().unwrap());
    http(address, &path, token, request.1).await
}

#[tokio::test]
async fn nothing_passes_with_a_token_of_another_device_or_organization() {
    let server = platform().await;
    let all = async || {
        let devices = http(server.http(), "GET /devices?includeAssets=true", ALL, "").await;
        assert_eq!(devices.1.as_array().unwrap().len(), 4);
        devices
    };
    let before = all().await;
    for (token, device, code) in [
        (Some("one"), "GH-2", 403),
        (Some("two"), "GH-1", 403),
        (Some("one"), "DOCK", 403),
        (Some("one"), "GH-3", 403),
        (Some("ours"), "GH-1", 404),
        (Some("theirs"), "GH-2", 404),
        (Some("maker:4all"), "GH-1", 403),
        (Some(""), "GH-1", 403),
        (None, "GH-1", 403),
    ] {
        for request in REQUESTS.into_iter().chain([DELETE]) {
            let (found, reply) = ask(server.http(), request, device, token).await;
            // Who is known is not told whether there is an asset with that id.
            let is_known = matches!(token, Some("one" | "two" | "ours" | "theirs"));
            let code = if request.0.contains("{asset}") && is_known { 404 } else { code };
            assert_eq!(found, code, "{token:?} {device} {request:?} {reply}");
            assert_eq!(reply["status"], code, "{reply}");
        }
        for list in ["GET /devices", "GET /ground/acme/devices"] {
            let (_, found) = http(server.http(), list, token, "").await;
            assert!(!found.to_string().contains(&format!("\"{device}\"")), "{token:?} {list} {found}");
        }
    }
    assert_eq!(all().await, before, "nothing is changed");
    server.close().await;
}

#[tokio::test]
async fn everything_passes_with_a_token_that_may() {
    for (token, device) in [
        (ALL, "GH-1"),
        (Some("one"), "GH-1"),
        (Some("ours"), "GH-2"),
        (Some("two"), "GH-2"),
        (Some("dock"), "GH-3"),
    ] {
        let server = platform().await;
        for request in REQUESTS.into_iter().chain([DELETE]) {
            let (code, reply) = ask(server.http(), request, device, token).await;
            let expected = match request.0 {
                // Nobody answers.
                path if path.ends_with("command") => 504,
                // None of them has a session.
                path if path.contains("/action/") => 409,
                path if path.starts_with("DELETE") => 204,
                path if path.starts_with("POST") || path.ends_with("newer") => 201,
                _ => 200,
            };
            assert_eq!(code, expected, "{token:?} {request:?} {reply}");
        }
        server.close().await;
    }
}
