//! Actions: checked, done and answered as commands are.

use std::time::Duration;

use edge_runtime::Device;
use edge_tests::TestResult;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::motor::{Motor, SN, outcome, running, send};

#[tokio::test]
async fn v41_an_action_is_a_method_of_the_handler_and_is_answered() -> TestResult {
    let (memory, device, notes) = running().await?;
    let found = send(&memory, "action/reboot", json!({}), "a").await;
    assert_eq!(found, json!({ "id": "a", "status": "applied" }));
    assert_eq!((notes.take(), device.temperature()), (vec!["reboot".to_owned()], 0.0));
    let arguments = json!({ "arguments": { "mode": "fine", "offset": -0.5, "note": "tea" } });
    let found = send(&memory, "action/calibrate", arguments, "b").await;
    assert_eq!(found, json!({ "id": "b", "status": "applied" }));
    assert_eq!(notes.take(), ["calibrate -0.5 Fine Some(\"tea\") of M-1"]);
    assert_eq!(device.stats().applied, 2);
    device.close().await?;
    assert_eq!(memory.acknowledged(), 2);
    Ok(())
}

#[tokio::test]
async fn v02_an_action_is_found_by_its_alias_as_an_asset_is() -> TestResult {
    let (memory, device, notes) = running().await?;
    let found = send(&memory, "action/restart", json!({}), "a").await;
    assert_eq!((found, notes.take()), (json!({ "id": "a", "status": "applied" }), vec!["reboot".to_owned()]));
    let now = json!({ "arguments": { "now": true } });
    let found = send(&memory, "action/restart", now, "b").await;
    assert_eq!(found["reason"], "`reboot` has no argument `now`", "what is said of it carries the name");
    let found = send(&memory, "action/Restart", json!({}), "c").await;
    assert_eq!(found["reason"], "the device has no action `Restart`");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v41_what_may_be_unset_may_be_missing() -> TestResult {
    let (memory, device, notes) = running().await?;
    for (id, note) in [("a", json!({})), ("b", json!({ "note": null }))] {
        let mut arguments = json!({ "mode": "coarse", "offset": 5 });
        arguments.as_object_mut().unwrap().extend(note.as_object().unwrap().clone());
        let found = send(&memory, "action/calibrate", json!({ "arguments": arguments }), id).await;
        assert_eq!(found["status"], "applied", "{found}");
        assert_eq!(notes.take(), ["calibrate 5 Coarse None of M-1"]);
    }
    Ok(device.close().await?)
}

#[tokio::test(start_paused = true)]
async fn v41_wrong_arguments_are_refused_and_the_action_is_not_done() -> TestResult {
    let (memory, device, notes) = running().await?;
    let calibrate = "action/calibrate";
    for (id, topic, payload, reason) in [
        ("a", calibrate, json!({}), "`calibrate`: the argument `offset` is missing"),
        (
            "b",
            calibrate,
            json!({ "arguments": { "offset": 1 } }),
            "`calibrate`: the argument `mode` is missing",
        ),
        (
            "c",
            calibrate,
            json!({ "arguments": { "offset": "1", "mode": "fine" } }),
            "`calibrate`, argument `offset`: expected number, found string",
        ),
        (
            "d",
            calibrate,
            json!({ "arguments": { "offset": 5.5, "mode": "fine" } }),
            "`calibrate`, argument `offset`: 5.5 is above the maximum: the limits are -5..5",
        ),
        (
            "e",
            calibrate,
            json!({ "arguments": { "offset": 1, "mode": "Rough" } }),
            "`calibrate`, argument `mode`: `Rough` is not one of `coarse`, `fine`",
        ),
        (
            "f",
            calibrate,
            json!({ "arguments": { "offset": 1, "mode": "fine", "speed": 1 } }),
            "`calibrate` has no argument `speed`",
        ),
        ("g", "action/reboot", json!({ "arguments": { "now": true } }), "`reboot` has no argument `now`"),
        ("h", "action/explode", json!({}), "the device has no action `explode`"),
        ("i", "action/crash", json!({}), "the device has no action `crash`"),
        ("j", "action/reboot", json!({ "value": 1 }), "the payload has no member `arguments`"),
    ] {
        let found = send(&memory, topic, payload, id).await;
        assert_eq!(found, json!({ "id": id, "status": "rejected", "reason": reason }));
    }
    for (id, members) in
        [("k", r#""arguments":[1]"#), ("l", r#""arguments":{"a":1,"a":2}"#), ("m", "\"arguments\":")]
    {
        memory.publish(&format!("device/{SN}/action/reboot"), format!(r#"{{"id":"{id}",{members}}}"#));
        let found = outcome(&memory, id).await;
        assert!(found["reason"].as_str().unwrap().starts_with("malformed payload"), "{found}");
    }
    assert_eq!((notes.take(), device.stats().rejected), (vec![], 13));
    Ok(device.close().await?)
}

#[tokio::test(start_paused = true)]
async fn v41_an_action_that_fails_panics_or_hangs_is_answered_for() -> TestResult {
    let (memory, device, _) = running().await?;
    let no = json!({ "arguments": { "offset": 1, "mode": "fine", "note": "no" } });
    for (id, topic, payload, status, reason) in [
        ("a", "action/calibrate", no, "rejected", "`calibrate`: not now"),
        ("b", "action/crash-now", json!({}), "failed", "`crash-now`: the handler panicked"),
        ("c", "action/jam", json!({}), "timeout", "`jam`: the handler did not finish within 2s"),
    ] {
        let found = send(&memory, topic, payload, id).await;
        assert_eq!(found, json!({ "id": id, "status": status, "reason": reason }));
    }
    assert_eq!(send(&memory, "action/reboot", json!({}), "d").await["status"], "applied", "and it goes on");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v41_an_action_is_done_once_and_neither_late_nor_from_before() -> TestResult {
    let (memory, device, notes) = running().await?;
    let first = send(&memory, "action/reboot", json!({}), "a").await;
    let count = memory.messages().len();
    memory.publish(&format!("device/{SN}/action/reboot"), r#"{"id":"a"}"#);
    let late = Timestamp::now() - SignedDuration::from_secs(60);
    let found = send(&memory, "action/reboot", json!({ "expires": late }), "b").await;
    assert_eq!(found["reason"], format!("the command expired at {late}"));
    let again: serde_json::Value = serde_json::from_slice(&memory.messages()[count].payload)?;
    assert_eq!((again, device.stats().repeated), (first, 1));
    memory.publish_retained(&format!("device/{SN}/action/reboot"), r#"{"id":"c"}"#);
    let found = outcome(&memory, "c").await;
    assert_eq!(found["reason"], "the command was retained: commands are not repeated");
    assert_eq!(notes.take(), ["reboot"]);
    Ok(device.close().await?)
}

#[test]
fn v41_the_model_says_what_actions_there_are() {
    let actions = Motor::MODEL.actions;
    let names: Vec<_> = actions.iter().map(|it| (it.name, it.title, it.timeout)).collect();
    assert_eq!(actions.iter().map(|it| it.alias).collect::<Vec<_>>(), ["restart", "", "", ""]);
    let two = Some(Duration::from_secs(2));
    let expected = [
        ("reboot", "Reboot", None),
        ("jam", "Jam", two),
        ("crash-now", "Crash", None),
        ("calibrate", "Calibrate", None),
    ];
    assert_eq!(names, expected);
    assert_eq!(actions[3].description, "Moves the scale.");
    let arguments: Vec<_> = actions[3].arguments.iter().map(|it| (it.name, it.profile())).collect();
    assert_eq!(arguments.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["offset", "mode", "note"]);
    let offset = &arguments[0].1;
    assert_eq!((offset.unit.as_deref(), offset.limits().to_string().as_str()), (Some("°C"), "-5..5"));
}
