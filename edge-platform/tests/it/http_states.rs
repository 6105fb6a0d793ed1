//! States over HTTP: set one by one, all at once, by name and by id.

use edge_platform::Embedded;
use serde_json::{Value, json};

use crate::device::Device;
use crate::support::{SN, get, greenhouse, next_state, put, register};

const STATE: &str = "/device/GH-1/asset/temperature/state";
const STATES: &str = "/device/GH-1/state";

async fn platform() -> Embedded {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    platform
}

#[tokio::test]
async fn a_state_that_is_put_is_read_told_and_echoed() {
    let platform = platform().await;
    let mut states = platform.states();
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    assert!(device.subscribe("device/GH-1/asset/+/feed").await);
    assert_eq!(get(platform.http(), STATE).await.0, 404);
    assert_eq!(get(platform.http(), STATES).await, (200, json!({})));

    let body = r#"{"value": 21.5, "at": "2031-02-03T04:05:06.780000+00:00"}"#;
    let (code, reply) = put(platform.http(), STATE, body).await;
    let state = json!({"at": "2031-02-03T04:05:06.78Z", "value": 21.5});
    assert_eq!((code, &reply["state"]), (200, &state));
    assert_eq!(get(platform.http(), STATE).await, (200, reply.clone()));
    assert_eq!(get(platform.http(), STATES).await, (200, json!({"temperature": state})));
    assert_eq!(next_state(&mut states).await, ("temperature".into(), "21.5".into()));
    let (topic, feed, publish) = device.message().await;
    assert_eq!((topic.as_str(), publish.retain), ("device/GH-1/asset/temperature/feed", false));
    assert_eq!(feed, state);
    assert_eq!(platform.counts().stored, 1);
    platform.close().await;
}

#[tokio::test]
async fn the_time_that_was_sent_is_the_time_that_is_read() {
    let platform = platform().await;
    for (sent, read) in [
        ("2021-08-27T09:14:15.410910", "2021-08-27T09:14:15.41091Z"),
        ("2021-08-27T11:14:15.5+02:00", "2021-08-27T09:14:15.5Z"),
        ("2021-08-27T09:14:15.000Z", "2021-08-27T09:14:15Z"),
        ("2021-08-27T09:14:15.123456789Z", "2021-08-27T09:14:15.123456Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-30T00:00:00Z", "9999-12-30T00:00:00Z"),
    ] {
        let (_, reply) = put(platform.http(), STATE, &format!(r#"{{"value":1,"at":"{sent}"}}"#)).await;
        assert_eq!(reply["state"]["at"], json!(read), "{sent} {reply}");
        assert_eq!(get(platform.http(), STATE).await.1, reply);
    }
    // Without a time it holds now: what is told is what is kept.
    let (_, reply) = put(platform.http(), STATE, r#"{"value":2}"#).await;
    assert_eq!(get(platform.http(), STATE).await.1, reply);
    platform.close().await;
}

#[tokio::test]
async fn any_kind_is_set_and_read_by_the_assets_id() {
    let platform = platform().await;
    let (_, assets) = get(platform.http(), "/device/GH-1/assets").await;
    for asset in assets.as_array().unwrap() {
        let path = format!("/asset/{}/state", asset["id"].as_str().unwrap());
        assert_eq!(get(platform.http(), &path).await.0, 404);
        let (code, reply) = put(platform.http(), &path, r#"{"value":7}"#).await;
        assert_eq!((code, &reply["id"], &reply["state"]["value"]), (200, &asset["id"], &json!(7)));
        assert_eq!(get(platform.http(), &path).await, (200, reply));
    }
    for path in ["/asset/000000000000000000000000/state", "/asset/GH-1/state"] {
        assert_eq!(get(platform.http(), path).await.0, 404);
        assert_eq!(put(platform.http(), path, "1").await.0, 404);
    }
    platform.close().await;
}

#[tokio::test]
async fn a_command_by_the_assets_id_reaches_its_device() {
    let platform = platform().await;
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    assert!(device.subscribe("device/GH-1/asset/+/command").await);
    let (_, vent) = get(platform.http(), "/device/GH-1/asset/vent").await;
    let path = format!("/asset/{}/command", vent["id"].as_str().unwrap());
    let ((code, _), (topic, command, _)) = tokio::join!(
        put(platform.http(), &path, r#"{"value":30}"#),
        device.answer(SN, r#""status":"applied","value":30"#)
    );
    assert_eq!(
        (code, topic.as_str(), &command["value"]),
        (200, "device/GH-1/asset/vent/command", &json!(30))
    );
    platform.close().await;
}

#[tokio::test]
async fn states_at_once_are_all_stored_or_none() {
    let platform = platform().await;
    let mut states = platform.states();
    let body = r#"{"temperature":{"value":1,"at":"2031-02-03T04:05:06Z"},"vent":{"value":1000},"none":{"value":1},"period":{"value":60}}"#;
    let (code, error) = put(platform.http(), STATES, body).await;
    assert_eq!(code, 400);
    let reason = error["error"].as_str().unwrap();
    assert!(reason.contains("`vent`: 1000 is above the maximum") && reason.contains("`none`: "), "{reason}");
    assert!(!reason.contains("temperature"), "{reason}");
    assert_eq!(get(platform.http(), STATES).await.1, json!({}));

    let good = r#"{"temperature":{"value":1,"at":"2031-02-03T04:05:06Z"},"period":{"Value":"60"}}"#;
    let (code, reply) = put(platform.http(), STATES, good).await;
    assert_eq!((code, &reply["period"]["value"]), (200, &json!(60)));
    assert_eq!(get(platform.http(), STATES).await.1, reply);
    assert_eq!(next_state(&mut states).await.0, "temperature");
    assert_eq!(next_state(&mut states).await, ("period".into(), "60".into()));
    assert_eq!((platform.counts().stored, put(platform.http(), STATES, "{}").await), (2, (200, json!({}))));
    assert_eq!(put(platform.http(), "/device/GH-2/state", good).await.0, 404);
    platform.close().await;
}

#[tokio::test]
async fn a_text_that_stands_for_the_profiles_value_is_that_value() {
    let platform = platform().await;
    let mut states = platform.states();
    let (code, reply) = put(platform.http(), STATE, r#"{"Value":"23.5"}"#).await;
    assert_eq!((code, &reply["state"]["value"]), (200, &json!(23.5)));
    assert_eq!(put(platform.http(), STATE, r#"{"value":"warm"}"#).await.0, 400);
    assert_eq!(put(platform.http(), STATE, r#"{"value":"86"}"#).await.0, 400);
    assert_eq!(next_state(&mut states).await.1, "23.5");
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    device.publish("device/GH-1/asset/vent/state", r#"{"value":"5","session":1,"seq":1}"#).await;
    device.publish("device/GH-1/asset/vent/state", r#"{"Value":"6"}"#).await;
    assert_eq!(next_state(&mut states).await, ("vent".into(), "6".into()));
    assert_eq!(platform.counts().refused, 1, "who numbers its states writes values as they are");
    platform.close().await;
}

#[tokio::test]
async fn a_state_that_does_not_fit_is_refused_with_the_reason() {
    let platform = platform().await;
    for (body, reason) in [
        (r#"{"value":86}"#, "above the maximum"),
        (r#"{"value":null}"#, "expected number, found null"),
        (r#"{"value":[1]}"#, "expected number, found array"),
        (r#"{"value":1,"at":"0000-01-01T00:00:00Z"}"#, "the year is not from 1 to 9999"),
        (r#"{"value":1,"at":"0001-01-01T00:00:00+14:00"}"#, "the year is not from 1 to 9999"),
        (r#"{"value":1,"at":"10000-01-01T00:00:00Z"}"#, "not a time"),
        (r#"{"value":1,"at":5}"#, "malformed payload"),
        (r#"{"value":1,"historical":true}"#, "historical"),
        (r#"{"value":1"#, "malformed payload: EOF"),
        ("{}", "no member `value`"),
        (r#"{"value":NaN}"#, "malformed payload"),
    ] {
        let (code, error) = put(platform.http(), STATE, body).await;
        assert_eq!((code, &error["status"]), (400, &json!(400)), "{body}");
        assert!(error["error"].as_str().unwrap().contains(reason), "{body} {error}");
    }
    assert_eq!(get(platform.http(), STATES).await.1, Value::Object(serde_json::Map::new()));
    assert_eq!(put(platform.http(), "/device/GH-1/asset/none/state", "1").await.0, 404);
    assert_eq!(put(platform.http(), "/device/GH-2/asset/temperature/state", "1").await.0, 404);
    platform.close().await;
}

/// A late repetition of a numbered state is no error, and is not taken.
#[tokio::test]
async fn an_older_state_is_answered_with_the_newer_one() {
    let platform = platform().await;
    assert_eq!(put(platform.http(), STATE, r#"{"value":2,"session":1,"seq":2}"#).await.0, 200);
    let (code, reply) = put(platform.http(), STATE, r#"{"value":1,"session":1,"seq":1}"#).await;
    assert_eq!((code, &reply["state"]["value"]), (200, &json!(2)));
    platform.close().await;
}
