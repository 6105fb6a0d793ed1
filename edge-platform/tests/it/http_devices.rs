//! Devices over HTTP: shown, listed, changed, deleted.

use edge_platform::{Embedded, Server, Tokens};
use edge_proto::connector::v1::RegisterAssetRequest;
use serde_json::{Value, json};

use crate::support::{SN, connector, delete, get, greenhouse, http, put, register, with};

async fn platform() -> Embedded {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    platform
}

#[tokio::test]
async fn a_device_has_the_clouds_members_and_ours() {
    let platform = platform().await;
    let state = r#"{"value":1,"at":"2031-02-03T04:05:06Z"}"#;
    assert_eq!(put(platform.http(), "/device/GH-1/asset/vent/state", state).await.0, 200);
    let (code, device) = get(platform.http(), "/device/GH-1").await;
    assert_eq!(code, 200);
    for (key, value) in [
        ("id", json!(SN)),
        ("name", json!("Greenhouse")),
        ("title", json!("Greenhouse")),
        ("description", json!("Keeps cool")),
        ("type", json!("sensor")),
        ("ownerId", Value::Null),
        ("gatewayId", Value::Null),
        ("groundId", Value::Null),
        ("grounds", json!([])),
        ("activityEnabled", json!(true)),
        ("createdBy", Value::Null),
        ("updatedBy", Value::Null),
        ("lastActiveAt", json!("2031-02-03T04:05:06Z")),
        ("meta", json!({})),
        ("networks", json!([])),
        ("control", json!({"name": ""})),
        ("model", json!("urn:example:greenhouse:1")),
        ("vendor", json!("Example")),
        ("version", json!(1)),
        ("presence", json!("offline")),
        ("organizationId", json!("")),
    ] {
        assert_eq!(device.get(key), Some(&value), "{key}");
    }
    assert!(device["createdOn"].is_string() && device["updatedOn"].is_string());
    assert_eq!(device["assets"], get(platform.http(), "/device/GH-1/assets").await.1);
    platform.close().await;
}

#[tokio::test]
async fn a_device_is_changed_as_far_as_is_said() {
    let platform = platform().await;
    let (_, before) = get(platform.http(), "/device/GH-1").await;
    for (body, key, value) in [
        (r#"{"Name":"North"}"#, "name", "North"),
        (r#"{"title":"South","name":"North","activityEnabled":false}"#, "title", "South"),
        (r#"{"description":"Keeps warm","title":null}"#, "description", "Keeps warm"),
        (r#"{"type":"Camera"}"#, "type", "camera"),
        (r#"{"type":"custom"}"#, "type", "camera"),
    ] {
        let (code, device) = put(platform.http(), "/device/GH-1", body).await;
        assert_eq!((code, &device[key]), (200, &json!(value)), "{body}");
    }
    let (_, after) = get(platform.http(), "/device/GH-1").await;
    assert_eq!((&after["version"], &after["assets"]), (&json!(5), &before["assets"]));
    assert_ne!(after["digest"], before["digest"]);
    for bad in ["", "7", r#"{"name":7}"#, r#"{"name":"a\u0000"}"#, r#"{"type":[]}"#] {
        assert_eq!(put(platform.http(), "/device/GH-1", bad).await.0, 400, "{bad}");
    }
    assert_eq!(put(platform.http(), "/device/GH-2", "{}").await.0, 404);
    assert_eq!(get(platform.http(), "/device/GH-1").await.1, after);
    platform.close().await;
}

#[tokio::test]
async fn a_deleted_device_is_gone_with_its_parts() {
    let platform = platform().await;
    let mut child = greenhouse("GH-1-A");
    child.parent = Some(SN.into());
    register(platform.grpc(), &child).await;
    let (_, asset) = get(platform.http(), "/device/GH-1-A/asset/vent").await;
    assert_eq!(delete(platform.http(), "/device/GH-1").await.0, 204);
    assert_eq!(delete(platform.http(), "/device/GH-1").await.0, 404);
    let by_id = format!("/asset/{}/state", asset["id"].as_str().unwrap());
    for path in ["/device/GH-1", "/device/GH-1-A", "/device/GH-1/state", &by_id] {
        assert_eq!(get(platform.http(), path).await.0, 404, "{path}");
    }
    platform.close().await;
}

#[tokio::test]
async fn a_ground_is_an_organization() {
    let mut config = edge_platform::Config::default();
    config.tokens = "all ours=org:ac/me theirs=org:other own=GH-2".parse::<Tokens>().unwrap();
    let server = Server::start(config).await.unwrap();
    let mut client = connector(server.grpc()).await;
    for (token, sn) in [("ours", "GH-1"), ("theirs", "GH-2"), ("all", "GH-3")] {
        let request = RegisterAssetRequest { asset: Some((&greenhouse(sn)).into()) };
        client.register_asset(with(Some(token), request)).await.unwrap();
    }
    for (token, ground, expected) in [
        ("all", "ac%2Fme", &["GH-1"][..]),
        ("all", "none", &[]),
        ("ours", "ac%2Fme", &["GH-1"]),
        ("ours", "other", &[]),
        ("own", "other", &["GH-2"]),
        ("own", "ac%2Fme", &[]),
    ] {
        let path = format!("GET /ground/{ground}/devices");
        let (code, list) = http(server.http(), &path, Some(token), "").await;
        let items = list["items"].as_array().unwrap();
        let found: Vec<_> = items.iter().map(|device| device["id"].as_str().unwrap()).collect();
        assert_eq!((code, &found[..]), (200, expected), "{token} {ground}");
        assert!(items.iter().all(|device| device.get("assets").is_none()));
    }
    let path = "GET /ground/ac%2Fme/devices?page=1&includeAssets=True";
    let (_, list) = http(server.http(), path, Some("all"), "").await;
    let (_, assets) = http(server.http(), "GET /device/GH-1/assets", Some("all"), "").await;
    assert_eq!((&list["items"][0]["assets"], &list["items"][0]["groundId"]), (&assets, &json!("ac/me")));
    let (_, all) = http(server.http(), "GET /devices?includeAssets=true", Some("all"), "").await;
    assert_eq!((all.as_array().unwrap().len(), all[2]["assets"].as_array().unwrap().len()), (3, 3));
    for ground in ["a%00b", "%ff"] {
        let (code, _) = http(server.http(), &format!("GET /ground/{ground}/devices"), Some("all"), "").await;
        assert_eq!(code, 400, "{ground}");
    }
    server.close().await;
}
