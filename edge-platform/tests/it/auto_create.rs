//! Devices that come into being on first contact.

use edge_platform::{Embedded, Tokens};
use serde_json::json;

use crate::device::Device;
use crate::support::{get, http};

const ASSET: &str = r#"{"name":"a","profile":"number"}"#;

async fn platform(auto_create: bool) -> Embedded {
    let tokens = "all own=GH-1 ours=org:acme theirs=org:other".parse::<Tokens>().unwrap();
    Embedded::start_with(|config| {
        config.tokens = tokens;
        config.auto_create = auto_create;
    })
    .await
    .unwrap()
}

async fn is_there(platform: &Embedded, sn: &str) -> bool {
    http(platform.http(), &format!("GET /device/{sn}"), Some("all"), "").await.0 == 200
}

#[tokio::test]
async fn a_token_that_may_creates_the_device_with_its_first_call() {
    let platform = platform(true).await;
    for (token, request, sn, code) in [
        ("own", "GET /device/GH-1/assets", "GH-1", 200),
        ("all", "POST /device/A1/assets", "A1", 201),
        ("ours", "PUT /device/A2/asset/a", "A2", 201),
        ("ours", "PUT /device/A3/asset/a/state", "A3", 404),
        ("all", "PUT /device/A4/state", "A4", 400),
    ] {
        assert!(!is_there(&platform, sn).await);
        let body = if request.ends_with("state") { r#"{"a":{"value":1},"value":1}"# } else { ASSET };
        let (found, reply) = http(platform.http(), request, Some(token), body).await;
        assert_eq!(found, code, "{request} {reply}");
        assert!(is_there(&platform, sn).await, "{request}");
    }
    let (_, device) = http(platform.http(), "GET /device/A2", Some("ours"), "").await;
    assert_eq!((&device["organizationId"], &device["name"]), (&json!("acme"), &json!("A2")));
    assert_eq!(http(platform.http(), "GET /device/A2", Some("theirs"), "").await.0, 404);
    platform.close().await;
}

#[tokio::test]
async fn nobody_else_creates_and_nothing_else_does() {
    let platform = platform(true).await;
    for (token, request, body, code) in [
        (Some("own"), "GET /device/B/assets", "", 403),
        (Some("own"), "POST /device/B/assets", ASSET, 403),
        (Some("own"), "PUT /device/B/asset/a", ASSET, 403),
        (Some("none"), "GET /device/B/assets", "", 403),
        (None, "GET /device/B/assets", "", 403),
        (Some("all"), "POST /device/B/assets", "{", 400),
        (Some("all"), "POST /device/B/assets", r#"{"name":"a/b","profile":"number"}"#, 400),
        (Some("ours"), "PUT /device/B/asset/a/state", "{", 400),
        (Some("all"), "PUT /device/B/state", r#"{"a/b":{"value":1}}"#, 400),
        (Some("all"), "GET /device/B", "", 404),
        (Some("all"), "PUT /device/B", "{}", 404),
        (Some("all"), "DELETE /device/B", "", 404),
        (Some("all"), "GET /device/B/state", "", 404),
        (Some("all"), "GET /device/B/asset/a", "", 404),
        (Some("all"), "DELETE /device/B/asset/a", "", 404),
        (Some("all"), "PUT /device/B/asset/a/command", "1", 404),
        (Some("all"), "POST /device/B%2FC/assets", ASSET, 400),
    ] {
        assert_eq!(http(platform.http(), request, token, body).await.0, code, "{token:?} {request}");
    }
    let mut device = Device::connect(platform.mqtt(), Some("all"), None).await.unwrap();
    device.publish("device/B/asset/a/state", "1").await;
    assert!(!is_there(&platform, "B").await);
    // A device of others is theirs, whoever calls.
    assert_eq!(http(platform.http(), "GET /device/C/assets", Some("theirs"), "").await.0, 200);
    for request in ["GET /device/C/assets", "POST /device/C/assets", "PUT /device/C/asset/a"] {
        assert_eq!(http(platform.http(), request, Some("ours"), ASSET).await.0, 404, "{request}");
    }
    platform.close().await;
}

#[tokio::test]
async fn without_it_an_unknown_device_stays_unknown() {
    let platform = platform(false).await;
    for request in ["GET /device/GH-1/assets", "POST /device/GH-1/assets", "PUT /device/GH-1/asset/a"] {
        for token in ["own", "all", "ours"] {
            assert_eq!(http(platform.http(), request, Some(token), ASSET).await.0, 404, "{token} {request}");
        }
    }
    platform.close().await;
}

#[tokio::test]
async fn many_at_the_same_time_create_one_device() {
    let platform = Embedded::start_with(|config| config.auto_create = true).await.unwrap();
    let address = platform.http();
    let calls = (0..20).map(|index| {
        let path = format!("PUT /device/D/asset/a{index}");
        tokio::spawn(async move { http(address, &path, None, ASSET).await.0 })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 201);
    }
    let (_, devices) = get(address, "/devices?includeAssets=true").await;
    assert_eq!(devices.as_array().unwrap().len(), 1);
    assert_eq!(devices[0]["assets"].as_array().unwrap().len(), 20);
    platform.close().await;
}
