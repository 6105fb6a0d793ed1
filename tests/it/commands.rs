//! Commands: checked, run, answered; whatever comes, nothing breaks.

use edge_runtime::testing::MemoryPlatform;
use edge_tests::TestResult;
use serde_json::{Value, json};

use crate::faults::quiet::Quiet;
use crate::model::{GreenhouseDevice, SN, start};

async fn outcome(memory: &MemoryPlatform, id: &str) -> Value {
    let needle = format!("{{\"id\":\"{id}\"");
    let message = memory.message(|m| m.topic == "device/GH-1/outcome" && m.text().starts_with(&needle)).await;
    serde_json::from_slice(&message.payload).unwrap()
}

/// A platform and a device on it; and how it was before.
async fn running() -> Result<(MemoryPlatform, GreenhouseDevice, Quiet), edge_runtime::ConnectError> {
    let quiet = Quiet::now();
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    Ok((memory, device, quiet))
}

/// Sends a command to one asset and returns its outcome.
async fn command(memory: &MemoryPlatform, asset: &str, mut payload: Value, id: &str) -> Value {
    payload["id"] = json!(id);
    memory.publish(&format!("device/{SN}/asset/{asset}/command"), payload.to_string());
    outcome(memory, id).await
}

#[tokio::test]
async fn an_applied_command_becomes_the_state_and_is_answered_with_what_was_applied() -> TestResult {
    let (memory, device, quiet) = running().await?;
    let found = command(&memory, "vent", json!({ "value": 40 }), "c1").await;
    assert_eq!(found, json!({ "id": "c1", "status": "applied", "value": 40 }));
    assert_eq!((device.vent(), device.humidity()), (40, 40.0), "the handler set the humidity");
    assert_eq!(memory.state(SN, "vent"), Some(json!(40)));
    let found = command(&memory, "vent", json!({ "value": 95 }), "c2").await;
    assert_eq!((&found["value"], device.vent()), (&json!(90), 90), "clamped by the handler");
    let found = command(&memory, "period", json!({ "value": 5 }), "c3").await;
    assert_eq!((&found["status"], device.period()), (&json!("applied"), 5), "configs accept by themselves");
    assert_eq!(device.stats().applied, 3);
    device.close().await?;
    assert_eq!(memory.acknowledged(), 3);
    drop((device, memory));
    quiet.end().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn h13_what_is_not_applied_is_answered_with_the_reason_and_changes_nothing() -> TestResult {
    let (memory, device, quiet) = running().await?;
    let before = device.snapshot();
    for (id, asset, payload, status, reason) in [
        (
            "r1",
            "vent",
            json!({ "value": 130 }),
            "rejected",
            "`vent`: 130 is above the maximum: the limits are 0..100",
        ),
        ("r2", "vent", json!({ "value": "40" }), "rejected", "`vent`: expected integer, found string"),
        ("r3", "vent", json!({ "value": 1.5 }), "rejected", "`vent`: expected integer, found number"),
        ("r4", "vent", json!({}), "rejected", "the payload has no member `value`"),
        (
            "r5",
            "temperature",
            json!({ "value": 1 }),
            "rejected",
            "`temperature` is a sensor: it reports, and cannot be commanded",
        ),
        ("r6", "door", json!({ "value": 1 }), "rejected", "the device has no asset `door`"),
        (
            "r7",
            "vent",
            json!({ "value": 1, "expires": "2020-01-01T00:00:00Z" }),
            "rejected",
            "the command expired at 2020-01-01T00:00:00Z",
        ),
        ("r8", "vent", json!({ "value": 13 }), "rejected", "`vent`: the vent is stuck"),
        ("r9", "vent", json!({ "value": 66 }), "failed", "`vent`: the handler panicked"),
        ("r10", "vent", json!({ "value": 77 }), "timeout", "`vent`: the handler did not finish within 30s"),
        (
            "r11",
            "vent",
            json!({ "value": 99 }),
            "failed",
            "`vent`: the handler applied what is no valid value: 101 is above the maximum: the limits are 0..100",
        ),
        ("r14", "divisor", json!({ "value": 0 }), "failed", "`divisor`: the handler panicked"),
        (
            "r12",
            "period",
            json!({ "value": 0 }),
            "rejected",
            "`period`: 0 is below the minimum: the limits are 1..3600",
        ),
        ("r13", "vent", json!({ "value": [[[[1]]]] }), "rejected", "`vent`: expected integer, found array"),
    ] {
        let found = command(&memory, asset, payload, id).await;
        assert_eq!(found, json!({ "id": id, "status": status, "reason": reason }));
    }
    assert_eq!(device.snapshot(), before);
    let stats = device.stats();
    assert_eq!((stats.rejected, stats.failed, stats.timed_out, stats.applied), (10, 3, 1, 0));
    device.close().await?;
    assert_eq!(memory.acknowledged(), 14);
    drop((device, memory));
    quiet.end().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn h10_a_command_is_acknowledged_after_its_handler() -> TestResult {
    let (memory, device, quiet) = running().await?;
    // This one hangs until its time is up; the quick one behind it has to wait for it.
    memory.publish("device/GH-1/asset/vent/command", r#"{"id":"slow","value":77}"#);
    memory.publish("device/GH-1/asset/period/command", r#"{"id":"quick","value":7}"#);
    tokio::time::sleep(std::time::Duration::from_secs(29)).await;
    assert_eq!((memory.acknowledged(), device.period()), (0, 60));
    assert_eq!(outcome(&memory, "slow").await["status"], "timeout");
    assert_eq!(outcome(&memory, "quick").await["status"], "applied");
    device.close().await?;
    assert_eq!(memory.acknowledged(), 2);
    drop((device, memory));
    quiet.end().await;
    Ok(())
}

#[tokio::test]
async fn h01_garbage_is_counted_and_answered_where_it_has_an_id() -> TestResult {
    let (memory, device, quiet) = running().await?;
    let topic = format!("device/{SN}/asset/vent/command");
    for garbage in [
        "",
        "{",
        "not json",
        "\u{feff}1",
        "{\"value\":}",
        "[1,",
        "\"\\ud800\"",
        "1e999",
        "{\"id\":7,\"value\":1}",
    ] {
        memory.publish(&topic, garbage);
    }
    memory.publish(&topic, vec![0xff, 0xfe, 0x00]);
    memory.publish(&topic, "[".repeat(10_000));
    memory.publish(&topic, format!("{{\"id\":\"big\",\"value\":\"{}\"}}", "x".repeat(1024 * 1024)));
    // An id that no answer could repeat.
    memory.publish(&topic, format!("{{\"id\":\"{}\",\"value\":1}}", "i".repeat(200_000)));
    let long = "v".repeat(200_000);
    memory.publish(&topic, format!("{{\"id\":\"long\",\"value\":\"{long}\"}}"));
    memory.publish(&format!("device/{SN}/asset/{}/command", "n".repeat(60)), r#"{"id":"name","value":1}"#);
    memory.publish("device/GH-1/asset/vent/command/more", "1");
    memory.publish("device/OTHER/asset/vent/command", "1");
    memory.publish(&topic, "{\"id\":\"half\",\"value\":");
    let found = outcome(&memory, "half").await;
    assert_eq!(found["reason"], "malformed payload: EOF while parsing a value at line 1 column 21");
    let found = outcome(&memory, "big").await;
    assert_eq!(found["reason"], "the payload has 1048599 bytes, the limit is 262144");
    let found = command(&memory, "vent", json!({ "value": 7 }), "after").await;
    assert_eq!(found["status"], "applied");
    assert_eq!(device.stats().rejected, 16);
    assert!(memory.messages().iter().all(|message| message.payload.len() < 4096), "answers stay small");
    let births = memory.messages().iter().filter(|message| message.text().contains("online")).count();
    assert_eq!(births, 1, "no reconnect");
    quiet.close(device, memory).await
}

#[tokio::test]
async fn h09_a_command_that_comes_again_is_answered_from_memory() -> TestResult {
    let (memory, device, quiet) = running().await?;
    command(&memory, "vent", json!({ "value": 40 }), "twice").await;
    device.set_vent(0).await?.delivered().await?;
    memory.publish("device/GH-1/asset/vent/command", r#"{"id":"twice","value":40}"#);
    command(&memory, "period", json!({ "value": 9 }), "fence").await;
    assert_eq!(device.vent(), 0, "not run again");
    let answers = memory.messages().iter().filter(|message| message.text().contains("twice")).count();
    assert_eq!((answers, device.stats().repeated), (2, 1));
    quiet.close(device, memory).await
}

#[tokio::test]
async fn h14_retained_commands_are_not_run() -> TestResult {
    let (memory, device, quiet) = running().await?;
    memory.publish_retained("device/GH-1/asset/vent/command", r#"{"id":"old","value":40}"#);
    let found = outcome(&memory, "old").await;
    assert_eq!((&found["status"], device.vent()), (&json!("rejected"), 0));
    quiet.close(device, memory).await
}

#[tokio::test]
async fn a_command_to_several_assets_is_all_or_nothing() -> TestResult {
    let (memory, device, quiet) = running().await?;
    let topic = "device/GH-1/command";
    memory.publish(topic, r#"{"id":"both","values":{"vent":30,"period":5}}"#);
    let found = outcome(&memory, "both").await;
    assert_eq!(found, json!({ "id": "both", "status": "applied", "value": { "vent": 30, "period": 5 } }));
    assert_eq!((device.vent(), device.period()), (30, 5));
    let is_both = |text: &str| {
        text.contains("\"vent\"") && text.contains("\"period\"") && text.contains("\"value\":30")
    };
    memory.message(|message| message.topic == "device/GH-1/state" && is_both(&message.text())).await;

    for (id, values, reason) in [
        (
            "n1",
            json!({ "vent": 20, "period": 0 }),
            "`period`: 0 is below the minimum: the limits are 1..3600",
        ),
        ("n2", json!({ "period": 7, "vent": 13 }), "`vent`: the vent is stuck"),
        ("n3", json!({}), "the payload has no member `values`"),
    ] {
        memory.publish(topic, json!({ "id": id, "values": values }).to_string());
        let found = outcome(&memory, id).await;
        assert_eq!((&found["status"], &found["reason"]), (&json!("rejected"), &json!(reason)));
        assert_eq!((device.vent(), device.period(), device.humidity()), (30, 5, 30.0));
    }
    quiet.close(device, memory).await
}

#[tokio::test]
async fn a_burst_is_handled_or_refused_and_never_lost() -> TestResult {
    let (memory, device, quiet) = running().await?;
    for number in 0..10_000 {
        memory.publish(
            "device/GH-1/asset/period/command",
            format!(r#"{{"id":"b{number}","value":{}}}"#, number % 3600 + 1),
        );
    }
    let last = outcome(&memory, "b9999").await;
    let answered =
        || memory.messages().iter().filter(|message| message.topic == "device/GH-1/outcome").count();
    while answered() < 10_000 {
        tokio::task::yield_now().await;
    }
    assert!(["applied", "rejected"].contains(&last["status"].as_str().unwrap()), "{last}");
    device.close().await?;
    assert_eq!((answered(), memory.acknowledged()), (10_000, 10_000));
    drop((device, memory));
    quiet.end().await;
    Ok(())
}
