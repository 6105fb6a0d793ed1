//! States, commands and presence: MQTT on one side, HTTP on the other.

use std::time::Duration;

use edge_platform::{CommandError, Embedded, Status};
use edge_proto::connector::v1::OpenSessionRequest;
use rumqttc::{LastWill, QoS};
use serde_json::json;

use crate::device::Device;
use crate::support::{SN, connector, get, greenhouse, next_state, put, register, until};

/// With a device that has begun a session.
async fn platform() -> Embedded {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    let request = OpenSessionRequest { sn: SN.into(), ..Default::default() };
    connector(platform.grpc()).await.open_session(request).await.unwrap();
    platform
}

#[tokio::test]
async fn a_state_published_over_mqtt_is_read_over_http_and_echoed() {
    let platform = platform().await;
    let mut states = platform.states();
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    assert!(device.subscribe("device/GH-1/asset/+/feed").await);
    let path = "/device/GH-1/asset/temperature/state";
    assert_eq!(get(platform.http(), path).await.0, 404);

    let state = r#"{"at":"2031-02-03T04:05:06.789Z","value":21.5,"session":1,"seq":1}"#;
    device.publish("device/GH-1/asset/temperature/state", state).await;
    assert_eq!(next_state(&mut states).await, ("temperature".into(), "21.5".into()));
    let (code, body) = get(platform.http(), path).await;
    assert_eq!((code, &body["state"]), (200, &json!({"at": "2031-02-03T04:05:06.789Z", "value": 21.5})));
    let (topic, feed, publish) = device.message().await;
    assert_eq!(topic, "device/GH-1/asset/temperature/feed");
    assert_eq!((feed, publish.retain), (body["state"].clone(), false));

    let (code, assets) = get(platform.http(), "/device/GH-1/assets").await;
    assert_eq!((code, assets.as_array().unwrap().len()), (200, 3));
    let first = &assets[0];
    assert_eq!(first["id"], body["id"]);
    assert_eq!((&first["deviceId"], &first["is"]), (&json!("GH-1"), &json!("sensor")));
    assert_eq!(first["profile"], json!({"type": "number", "maximum": 85}));
    assert_eq!((&first["state"]["value"], &assets[1]["state"]), (&json!(21.5), &json!(null)));
    let stored = platform.state(SN, "temperature").await.unwrap().unwrap();
    assert_eq!((stored.json(), stored.stamp.unwrap().seq), (json!(21.5), 1));
    assert_eq!(platform.assets(SN).await.unwrap().len(), 3);
    platform.close().await;
}

#[tokio::test]
async fn bad_states_are_counted_and_the_good_ones_after_them_are_stored() {
    let platform = platform().await;
    let mut states = platform.states();
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    let topic = "device/GH-1/asset/temperature/state";
    device.publish(topic, "not json").await;
    device.publish(topic, r#"{"value":1000}"#).await;
    device.publish(topic, r#"{"value":"warm"}"#).await;
    device.publish(topic, format!("[{}]", "1,".repeat(150_000))).await;
    device.publish("device/GH-1/asset/unknown/state", "1").await;
    device.publish("device/GH-2/asset/temperature/state", "1").await;
    device.publish("device/GH-1/state", r#"{"vent":{"value":500},"period":{"value":60}}"#).await;
    assert_eq!(next_state(&mut states).await, ("period".into(), "60".into()));
    let counts = platform.counts();
    assert_eq!((counts.refused, counts.stored), (7, 1));
    platform.close().await;
}

#[tokio::test]
async fn a_command_waits_for_its_outcome() {
    let platform = platform().await;
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    assert!(device.subscribe("device/GH-1/asset/+/command").await);
    let path = "/device/GH-1/asset/vent/command";
    for (outcome, code) in [
        (r#""status":"applied","value":100"#, 200),
        (r#""status":"rejected","reason":"above the maximum""#, 409),
        (r#""status":"failed","reason":"panicked""#, 502),
        (r#""status":"timeout","reason":"too slow""#, 504),
    ] {
        let ((found, body), (topic, command, publish)) = tokio::join!(
            put(platform.http(), path, r#"{"value":1000,"timeout":"20s"}"#),
            device.answer(SN, outcome)
        );
        assert_eq!((topic.as_str(), &command["value"]), ("device/GH-1/asset/vent/command", &json!(1000)));
        assert!(command["expires"].is_string() && !publish.retain, "{command}");
        assert_eq!((found, &body["id"]), (code, &command["id"]));
        let expected: serde_json::Value = serde_json::from_str(&format!("{{{outcome}}}")).unwrap();
        assert_eq!((&body["status"], &body["reason"]), (&expected["status"], &expected["reason"]));
    }
    let (outcome, _) = tokio::join!(
        platform.send_command(SN, "period", json!(60), Duration::from_secs(20)),
        device.answer(SN, r#""status":"applied","value":60"#)
    );
    assert_eq!(outcome.unwrap().status, Status::Applied);
    platform.close().await;
}

#[tokio::test]
async fn a_command_for_several_assets_is_one_message() {
    let platform = platform().await;
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    assert!(device.subscribe("device/GH-1/command").await);
    let ((code, body), (_, command, _)) = tokio::join!(
        put(platform.http(), "/device/GH-1/command", r#"{"values":{"vent":30,"period":60}}"#),
        device.answer(SN, r#""status":"applied","value":{"vent":30,"period":60}"#)
    );
    assert_eq!(command["values"], json!({"vent": 30, "period": 60}));
    assert_eq!((code, &body["value"]["vent"]), (200, &json!(30)));
    platform.close().await;
}

#[tokio::test]
async fn without_an_answer_a_command_ends_in_time() {
    let platform = platform().await;
    let body = r#"{"value":1,"timeout":"30ms"}"#;
    let (code, outcome) = put(platform.http(), "/device/GH-1/asset/vent/command", body).await;
    assert_eq!((code, &outcome["status"]), (504, &json!("timeout")));
    assert_eq!(outcome["reason"], json!("no answer within 30ms: the device `GH-1` is offline"));
    let result = platform.send_command(SN, "vent", json!(1), Duration::from_millis(30)).await;
    assert!(matches!(result, Err(CommandError::NoAnswer { .. })));
    platform.close().await;
}

#[tokio::test]
async fn bad_requests_are_told_apart() {
    let platform = platform().await;
    let vent = "/device/GH-1/asset/vent/command";
    let large = format!("{{\"value\":\"{}\"}}", "x".repeat(300_000));
    for (request, body, code) in [
        (vent, "{\"value\":", 400),
        (vent, "{}", 400),
        (vent, "", 400),
        (vent, r#"{"value":1,"timeout":"soon"}"#, 400),
        (vent, &large, 413),
        ("/device/GH-1/command", r#"{"value":1}"#, 400),
        ("/device/GH-1/command", r#"{"values":{"vent":1,"temperature":1}}"#, 409),
        ("/device/GH-1/command", r#"{"values":{"vent":1,"nothing":1}}"#, 404),
        ("/device/GH-1/asset/temperature/command", "1", 409),
        ("/device/GH-1/asset/nothing/command", "1", 404),
        ("/device/GH-2/asset/vent/command", "1", 404),
        ("/device/a%2Fb/asset/vent/command", "1", 400),
        ("/device/GH-1/assets", "1", 405),
        ("/nothing", "1", 404),
    ] {
        let (found, reply) = put(platform.http(), request, body).await;
        assert_eq!((found, &reply["status"]), (code, &json!(code)), "{request} {reply}");
        assert!(!reply["error"].as_str().unwrap().is_empty());
    }
    for path in ["/device/GH-2", "/device/GH-2/assets", "/device/GH-1/asset/x", "/device/GH-2/asset/x/state"]
    {
        assert_eq!(get(platform.http(), path).await.0, 404, "{path}");
    }
    platform.close().await;
}

#[tokio::test]
async fn presence_follows_births_and_wills() {
    let platform = platform().await;
    let mut observer = Device::connect(platform.mqtt(), None, None).await.unwrap();
    assert!(observer.subscribe("device/+/presence").await);
    let presence = || async {
        // The platform's own client gets the message beside the observer: ask until it has it.
        get(platform.http(), "/device/GH-1").await.1["presence"].clone()
    };
    assert_eq!(presence().await, json!("offline"));
    let topic = "device/GH-1/presence";
    let will = LastWill::new(topic, r#"{"status":"offline","session":1}"#, QoS::AtLeastOnce, true);
    let mut device = Device::connect(platform.mqtt(), None, Some(will)).await.unwrap();
    device.publish(topic, r#"{"status":"online","session":1}"#).await;
    observer.message().await;
    until(async || presence().await == json!("online")).await;
    drop(device);
    observer.message().await;
    until(async || presence().await == json!("offline")).await;
    let (code, devices) = get(platform.http(), "/devices").await;
    assert_eq!((code, &devices[0]["id"], &devices[0]["version"]), (200, &json!("GH-1"), &json!(1)));
    assert_eq!(
        get(platform.http(), "/health").await,
        (200, json!({"status": "ok", "store": "ok", "broker": "ok"}))
    );
    platform.close().await;
}
