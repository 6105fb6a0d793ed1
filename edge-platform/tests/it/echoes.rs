//! Commands to devices that send no outcomes: they report what they have done.

use std::time::Duration;

use edge_platform::{Embedded, Status};
use serde_json::json;

use crate::device::Device;
use crate::support::{SN, greenhouse, put, register};

async fn started() -> (Embedded, Device) {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    assert!(device.subscribe("device/GH-1/asset/+/command").await);
    assert!(device.subscribe("device/GH-1/command").await);
    (platform, device)
}

#[tokio::test]
async fn the_state_that_the_device_reports_is_the_outcome() {
    let (platform, mut device) = started().await;
    let command = platform.send_command(SN, "vent", 30.into(), Duration::from_secs(20));
    let answer = async {
        let (topic, command, _) = device.message().await;
        assert_eq!((topic.as_str(), &command["value"]), ("device/GH-1/asset/vent/command", &json!(30)));
        device.publish("device/GH-1/asset/temperature/state", "1").await;
        device.publish("device/GH-1/asset/vent/state", "0|28").await;
    };
    let (outcome, ()) = tokio::join!(command, answer);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.status, outcome.value.unwrap().get()), (Status::Applied, "28"));
    platform.close().await;
}

#[tokio::test]
async fn a_command_to_several_waits_for_all_their_states() {
    let (platform, mut device) = started().await;
    let body = r#"{"values":{"vent":30,"period":60},"timeout":"20s"}"#;
    let command = put(platform.http(), "/device/GH-1/command", body);
    let answer = async {
        // Each on its own topic: such a device knows no others.
        for (asset, value) in [("vent", 30), ("period", 60)] {
            let (topic, command, _) = device.message().await;
            assert_eq!(topic, format!("device/GH-1/asset/{asset}/command"));
            assert_eq!(command["value"], value);
        }
        device.publish("device/GH-1/asset/vent/state", r#"{"value":30}"#).await;
        device.publish("device/GH-1/state", r#"{"period":{"value":61}}"#).await;
    };
    let ((status, outcome), ()) = tokio::join!(command, answer);
    assert_eq!(status, 200);
    assert_eq!(
        (&outcome["status"], &outcome["value"]),
        (&json!("applied"), &json!({"vent": 30, "period": 61}))
    );
    platform.close().await;
}

#[tokio::test]
async fn a_state_that_says_where_it_stands_is_no_answer() {
    let (platform, mut device) = started().await;
    let command = platform.send_command(SN, "vent", 30.into(), Duration::from_secs(20));
    let answer = async {
        let id = device.message().await.1["id"].as_str().unwrap().to_owned();
        // Our device reports what it was, then what became of the command.
        device.publish("device/GH-1/asset/vent/state", r#"{"value":10,"session":1,"seq":1}"#).await;
        device.publish("device/GH-1/asset/vent/state", "\"no number\"").await;
        let outcome = format!(r#"{{"id":"{id}","status":"rejected","reason":"stuck"}}"#);
        device.publish("device/GH-1/outcome", outcome).await;
    };
    let (outcome, ()) = tokio::join!(command, answer);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.status, outcome.reason.as_deref()), (Status::Rejected, Some("stuck")));
    platform.close().await;
}

#[tokio::test]
async fn what_does_not_fit_never_reaches_a_device_that_does_not_judge() {
    let (platform, mut device) = started().await;
    for (path, body, reason) in [
        ("asset/vent/command", r#"{"value":130}"#, "`vent` of `GH-1`: 130 is above the maximum"),
        ("asset/vent/command", r#"{"value":"30"}"#, "expected integer, found string"),
        ("command", r#"{"values":{"vent":30,"period":-1e9,"timeout":"0s"}}"#, "has no asset `timeout`"),
        ("command", r#"{"values":{"vent":30,"period":5000}}"#, "`period` of `GH-1`: 5000 is above"),
    ] {
        let (status, reply) = put(platform.http(), &format!("/device/GH-1/{path}"), body).await;
        assert!(matches!(status, 400 | 404), "{body} {reply}");
        assert!(reply["error"].as_str().unwrap().contains(reason), "{body} {reply}");
    }
    let (status, reply) =
        put(platform.http(), "/device/GH-1/asset/vent/command", r#"{"value":1,"timeout":"30ms"}"#).await;
    assert_eq!(status, 504);
    let reason = "no answer within 30ms: the device `GH-1` does not say whether it is there";
    assert_eq!(reply["reason"], reason);
    assert_eq!(device.message().await.1["value"], 1, "the first that came");
    platform.close().await;
}

#[tokio::test]
async fn without_a_time_to_wait_a_command_is_only_sent() {
    let (platform, mut device) = started().await;
    for (path, body) in [
        ("/device/GH-1/asset/vent/command", r#"{"value":30,"timeout":"0s"}"#),
        ("/device/GH-1/command", r#"{"values":{"vent":30},"timeout":"PT0S"}"#),
    ] {
        let (status, reply) = put(platform.http(), path, body).await;
        assert_eq!((status, &reply["status"]), (202, &json!("sent")), "{path}");
        let (_, command, _) = device.message().await;
        assert_eq!((&command["id"], &command["expires"]), (&reply["id"], &json!(null)), "{path}");
    }
    let (status, _) =
        put(platform.http(), "/device/GH-1/asset/temperature/command", r#"{"value":1,"timeout":"0s"}"#).await;
    assert_eq!(status, 409);
    platform.close().await;
}
