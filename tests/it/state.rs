//! Setters, getters, transactions.

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Refusal, SetError};
use edge_tests::TestResult;
use serde_json::{Value, json};

use crate::model::{Greenhouse, SN, start};

fn states(memory: &MemoryPlatform) -> Vec<(String, Value)> {
    let messages = memory.messages().into_iter().filter(|message| message.topic.ends_with("/state"));
    messages
        .map(|message| (message.topic.clone(), serde_json::from_slice(&message.payload).unwrap()))
        .collect()
}

#[tokio::test]
async fn the_first_full_state_is_one_message_after_the_birth() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let message = memory.message(|message| message.topic == "device/GH-1/state").await;
    let state: Value = serde_json::from_slice(&message.payload)?;
    let names: Vec<_> = state.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["divisor", "humidity", "period", "reciprocal", "sum", "temperature", "vent"]);
    assert_eq!(state["sum"]["value"], 70.0, "computed before it is published");
    assert_eq!(state["sum"]["session"], 1);
    assert_eq!(memory.messages()[0].topic, "device/GH-1/presence");
    assert_eq!(memory.messages()[0].text(), r#"{"status":"online","session":1}"#);
    assert!(memory.messages()[0].retain);
    device.close().await?;
    let last = memory.messages().pop().unwrap();
    assert_eq!(last.text(), r#"{"status":"offline","session":1}"#);
    Ok(())
}

/// It showed the whole connection, with all devices on it.
#[tokio::test]
async fn a_receipt_is_shown_in_a_line() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let shown = format!("{:?}", device.set_temperature(21.5).await?);
    assert!(shown.starts_with(r#"Receipt { hub: Hub { owner: "GH-1""#) && shown.len() < 200, "{shown}");
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_setter_publishes_its_asset_and_what_is_computed_from_it() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set_temperature(21.5).await?.delivered().await?;
    assert_eq!((device.temperature(), device.sum()), (21.5, 71.5));
    let states = states(&memory);
    let [.., (first, temperature), (second, sum)] = &states[..] else { panic!("{states:?}") };
    assert_eq!(
        (first.as_str(), second.as_str()),
        ("device/GH-1/asset/temperature/state", "device/GH-1/asset/sum/state")
    );
    assert_eq!((&temperature["value"], &sum["value"]), (&json!(21.5), &json!(71.5)));
    // One transaction: one time, one number.
    assert_eq!((&temperature["at"], &temperature["seq"]), (&sum["at"], &sum["seq"]));
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn an_update_is_one_message_with_what_it_changed() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let update = device.update(|greenhouse| {
        greenhouse.temperature += 1.0;
        greenhouse.humidity = 40.0;
        greenhouse.secret = "changed".to_owned();
    });
    update.await?.delivered().await?;
    let (topic, state) = states(&memory).pop().unwrap();
    assert_eq!(topic, "device/GH-1/state");
    let names: Vec<_> = state.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["humidity", "sum", "temperature"]);
    assert_eq!(
        device.snapshot(),
        Greenhouse {
            temperature: 21.0,
            humidity: 40.0,
            sum: 61.0,
            secret: "changed".to_owned(),
            ..Greenhouse::new()
        }
    );
    let before = memory.messages().len();
    device.update(|_| {}).await?.delivered().await?;
    assert_eq!(memory.messages().len(), before, "nothing changed, nothing to say");
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_refused_value_names_all_and_changes_nothing() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set_humidity(50.0).await?.delivered().await?;
    let before = (memory.messages().len(), device.snapshot());
    for (value, reason) in [
        (90.0, "90 is above the maximum: the limits are -40..85"),
        (-41.0, "-41 is below the minimum: the limits are -40..85"),
        (f64::NAN, "NaN is not a finite number: the limits are -40..85"),
        (f64::INFINITY, "inf is not a finite number: the limits are -40..85"),
    ] {
        let error = device.set_temperature(value).await.unwrap_err();
        assert_eq!(error.to_string(), format!("device `GH-1`, asset `temperature`: {reason}"));
    }
    let error = device.update(|greenhouse| {
        greenhouse.humidity = 10.0;
        greenhouse.temperature = f64::NAN;
    });
    assert!(matches!(error.await, Err(SetError::Refused { refusal: Refusal::NotFinite { .. }, .. })));
    assert_eq!((memory.messages().len(), device.snapshot()), before);
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_computed_from_a_value_may_refuse_it() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set_humidity(100.0).await?.delivered().await?;
    let before = device.snapshot();
    let error = device.set_temperature(85.0).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "device `GH-1`, asset `sum`: 185 is above the maximum: the limits are ..180"
    );
    assert_eq!(device.snapshot(), before);
    device.set_temperature(80.0).await?.delivered().await?;
    assert_eq!(memory.state(SN, "sum"), Some(json!(180.0)));
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_computation_that_panics_leaves_everything_as_it_was() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let before = device.snapshot();
    let panicking = device.clone();
    let set = tokio::spawn(async move { panicking.set_divisor(0).await.map(drop) });
    assert!(set.await.unwrap_err().is_panic());
    assert_eq!(device.snapshot(), before);
    device.set_divisor(2).await?.delivered().await?;
    assert_eq!(memory.state(SN, "reciprocal"), Some(json!(0)));
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_transaction_may_call_getters() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let update = device.update(|greenhouse| greenhouse.temperature = device.temperature() + 1.0);
    update.await?.delivered().await?;
    assert_eq!(device.temperature(), 21.0);
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_setter_that_is_dropped_or_panics_has_done_nothing() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    drop(device.set_temperature(33.0));
    let panicking = device.clone();
    let update = tokio::spawn(async move { panicking.update(|_| panic!("in the closure")).await });
    assert!(update.await.unwrap_err().is_panic());
    assert_eq!(device.temperature(), 20.0);
    device.set_temperature(21.0).await?.delivered().await?;
    assert_eq!(memory.state(SN, "temperature"), Some(json!(21.0)));
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn v27_after_close_nothing_is_accepted() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    assert!(device.is_online() && memory.registered(SN).is_some());
    device.close().await?;
    assert!(!device.is_online() && memory.registered(SN).is_some(), "it stays registered");
    let error = device.set_temperature(1.0).await.unwrap_err();
    assert_eq!(error.to_string(), "device `GH-1` is closed");
    assert_eq!(device.temperature(), 20.0);
    device.close().await?;
    Ok(())
}
