//! Assets over HTTP: declared one by one, as AllThingsTalk's SDKs do.

use edge_platform::Embedded;
use edge_proto::connector::v1::GetAssetBySnRequest;
use serde_json::{Value, json};

use crate::support::{SN, connector, delete, get, greenhouse, post, put, register};

const ASSETS: &str = "/device/GH-1/assets";

async fn platform() -> Embedded {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    platform
}

/// Version and digest of the device.
async fn version(platform: &Embedded) -> (u64, String) {
    let request = GetAssetBySnRequest { sn: SN.into() };
    let device = connector(platform.grpc()).await.get_asset_by_sn(request).await.unwrap().into_inner();
    (device.version, device.digest)
}

#[tokio::test]
async fn an_asset_is_created_once_and_answered_in_the_clouds_shape() {
    let platform = platform().await;
    let (before, digest) = version(&platform).await;
    let body = r#"{"Name":"humidity","Title":"Humidity","Description":null,"Is":"sensor","Profile":{"type":"number","unit":"\u0025","minimum":0,"maximum":100}}"#;
    let (code, asset) = post(platform.http(), ASSETS, body).await;
    assert_eq!(code, 201);
    let mut keys: Vec<_> = asset.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = "control createdBy createdOn description deviceId id is name profile state style thing title updatedBy updatedOn";
    assert_eq!(keys.join(" "), expected);
    for (key, value) in [
        ("deviceId", json!(SN)),
        ("thing", Value::Null),
        ("name", json!("humidity")),
        ("title", json!("Humidity")),
        ("is", json!("sensor")),
        ("description", Value::Null),
        ("createdBy", Value::Null),
        ("profile", json!({"type": "number", "unit": "%", "minimum": 0, "maximum": 100})),
        ("control", json!({"name": ""})),
        ("state", Value::Null),
        ("style", json!("undefined")),
    ] {
        assert_eq!(asset[key], value, "{key}");
    }
    let id = asset["id"].as_str().unwrap();
    assert!(id.len() == 24 && id.chars().all(|c| c.is_ascii_alphanumeric()), "{id}");
    let time = asset["createdOn"].as_str().unwrap();
    let fraction = time.strip_suffix('Z').unwrap().split_once('.').map_or("", |(_, fraction)| fraction);
    assert!(fraction.len() <= 3 && !fraction.ends_with('0'), "{time}");
    assert_eq!(get(platform.http(), "/device/GH-1/asset/humidity").await, (200, asset.clone()));

    let (after, changed) = version(&platform).await;
    assert!(after > before && changed != digest);
    for again in [body, &body.replace("humidity", "HUMIDITY")] {
        let (code, error) = post(platform.http(), ASSETS, again).await;
        assert_eq!((code, &error["status"]), (400, &json!(400)));
        assert!(
            error["error"].as_str().unwrap().contains("has the data point `humidity` already"),
            "{error}"
        );
    }
    assert_eq!(version(&platform).await, (after, changed));
    platform.close().await;
}

#[tokio::test]
async fn an_upsert_keeps_id_creation_and_state() {
    let platform = platform().await;
    let path = "/device/GH-1/asset/co2";
    let body =
        r#"{"name":"other","is":"sensor","title":"Air","description":"CO2","profile":{"type":"integer"}}"#;
    let (code, created) = put(platform.http(), path, body).await;
    assert_eq!((code, &created["name"], &created["title"]), (201, &json!("co2"), &json!("Air")));
    assert_eq!(put(platform.http(), &format!("{path}/state"), r#"{"value":400}"#).await.0, 200);

    let (code, updated) =
        put(platform.http(), path, r#"{"profile":{"type":"integer","maximum":5000},"is":"VIRTUAL"}"#).await;
    assert_eq!((code, &updated["is"]), (200, &json!("virtual")));
    for kept in ["id", "createdOn", "title", "description"] {
        assert_eq!(updated[kept], created[kept], "{kept}");
    }
    assert_eq!(updated["state"]["value"], json!(400));
    assert_eq!(updated["profile"], json!({"type": "integer", "maximum": 5000}));
    let (version_now, _) = version(&platform).await;
    assert_eq!(put(platform.http(), path, r#"{"title":"Air"}"#).await.0, 200);
    assert_eq!(version(&platform).await.0, version_now, "nothing was changed");

    let (code, _) = put(platform.http(), path, r#"{"profile":{"type":"string"}}"#).await;
    let (_, asset) = get(platform.http(), path).await;
    assert_eq!((code, &asset["state"]), (200, &Value::Null), "a number is no text");
    let cased = put(platform.http(), "/device/GH-1/asset/CO2", body).await;
    assert_eq!(cased.0, 400, "{cased:?}");
    platform.close().await;
}

#[tokio::test]
async fn a_deleted_asset_is_gone_with_its_state() {
    let platform = platform().await;
    let path = "/device/GH-1/asset/temperature";
    assert_eq!(put(platform.http(), &format!("{path}/state"), "21.5").await.0, 200);
    let (before, _) = version(&platform).await;
    assert_eq!(delete(platform.http(), path).await.0, 204);
    assert_eq!(delete(platform.http(), path).await.0, 404);
    assert_eq!(get(platform.http(), path).await.0, 404);
    assert_eq!(delete(platform.http(), "/device/GH-2/asset/temperature").await.0, 404);
    assert!(version(&platform).await.0 > before);
    let (_, asset) = put(platform.http(), path, r#"{"profile":"number"}"#).await;
    assert_eq!(asset["state"], Value::Null);
    platform.close().await;
}

#[tokio::test]
async fn what_is_no_asset_is_refused_with_the_reason_and_changes_nothing() {
    let platform = platform().await;
    let before = get(platform.http(), ASSETS).await;
    for (body, reason) in [
        ("", "malformed JSON: EOF"),
        (r#"{"name":"a","profile":{"type": "integer"}"#, "malformed JSON: EOF"),
        ("[1]", "expected a JSON object"),
        ("{}", "`name` is missing"),
        (r#"{"name":"a"}"#, "the profile is missing"),
        (r#"{"name":"a","profile":{"oneOf":[]}}"#, "`profile`: `oneOf` cannot be kept"),
        (
            r#"{"name":"a","profile":{"type":"number","minimum":2,"maximum":1}}"#,
            "the minimum is above the maximum",
        ),
        (
            r#"{"name":"a","profile":{"type":"number","minimum":1e999}}"#,
            "malformed JSON: number out of range",
        ),
        (r#"{"name":"a","profile":{"type":"number","minimum":NaN}}"#, "malformed JSON: expected value"),
        (
            r#"{"name":"a","is":"senzor","profile":"number"}"#,
            "`is` must be sensor, actuator, virtual or config",
        ),
        (r#"{"name":"a","title":7,"profile":"number"}"#, "`title` must be a text"),
        (r#"{"name":"a","title":"\u0000","profile":"number"}"#, "title: the text contains NUL"),
        (r#"{"name":"a/b","profile":"number"}"#, "contains '/'"),
        (r#"{"name":"a\u0000","profile":"number"}"#, "contains '\\0'"),
        (r##"{"name":"#","profile":"number"}"##, "contains '#'"),
    ] {
        let (code, error) = post(platform.http(), ASSETS, body).await;
        assert_eq!(code, 400, "{body}");
        assert!(error["error"].as_str().unwrap().contains(reason), "{body} {error}");
    }
    let body = r#"{"name":"a","profile":"number"}"#;
    assert_eq!(post(platform.http(), "/device/GH-2/assets", body).await.0, 404);
    assert_eq!(put(platform.http(), "/device/GH-2/asset/a", body).await.0, 404);
    assert_eq!(get(platform.http(), ASSETS).await, before);
    platform.close().await;
}

#[tokio::test]
async fn twenty_at_the_same_time_create_it_once() {
    let platform = platform().await;
    let address = platform.http();
    let calls = (0..20).map(|_| {
        tokio::spawn(async move { post(address, ASSETS, r#"{"name":"a","profile":"number"}"#).await.0 })
    });
    let mut codes = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        codes.push(call.await.unwrap());
    }
    codes.sort_unstable();
    assert_eq!((codes[0], codes[1], codes[19]), (201, 400, 400));
    platform.close().await;
}
