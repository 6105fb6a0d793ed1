//! Transactions that are put together over time, and in one go.

use std::future::ready;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::types::Timestamp;
use edge_runtime::{AccessError, Device, OutboxConfig, Refusal, SetError};
use edge_tests::TestResult;
use serde_json::json;

use super::house::{House, said, start};

#[tokio::test]
async fn o2_a_transaction_shows_old_values_takes_the_last_and_is_one_message() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let mut tx = device.begin();
    tx.set_temperature(24.0)?.set_humidity(40)?;
    tx.set_temperature(25.0)?;
    assert_eq!((device.temperature(), device.humidity(), tx.len()), (20.0, 50, 2));
    tx.finish().await?.delivered().await?;
    assert_eq!((device.temperature(), device.humidity(), device.sum()), (25.0, 40, 65.0));
    let messages = said(&memory);
    let [(topic, state)] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(topic, "device/GH-1/state");
    let of = |asset: &str| state[asset]["value"].clone();
    assert_eq!((of("temperature"), of("humidity"), of("sum")), (json!(25.0), json!(40), json!(65.0)));
    assert_eq!(state.as_object().unwrap().len(), 3, "nothing else is said: {state}");
    let stamps =
        |member: &str| [&state["temperature"][member], &state["humidity"][member], &state["sum"][member]];
    for [one, two, three] in [stamps("at"), stamps("seq")] {
        assert!(one == two && two == three, "one time, one number: {state}");
    }
    Ok(device.close().await?)
}

#[tokio::test]
async fn v10_a_transaction_is_checked_at_once_and_a_refused_set_leaves_the_others() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let mut tx = device.begin();
    tx.set_label("mid".to_owned())?;
    let error = tx.set_temperature(99.0).unwrap_err();
    let SetError::Refused { asset, refusal: Refusal::AboveMaximum { .. }, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(asset, "temperature");
    assert!(matches!(tx.set("humidty", 1), Err(AccessError::UnknownAsset { .. })));
    tx.finish().await?.delivered().await?;
    assert_eq!((device.label().as_str(), device.temperature()), ("mid", 20.0));
    assert_eq!(said(&memory).len(), 1);
    Ok(device.close().await?)
}

#[tokio::test]
async fn v10_a_dropped_transaction_has_done_nothing() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let mut tx = device.begin();
    tx.set_temperature(24.0)?;
    drop(tx);
    let mut tx = device.begin();
    drop(tx.set_temperature(25.0)?.finish());
    device.set_humidity(41).await?.delivered().await?;
    assert_eq!(device.temperature(), 20.0);
    let said = said(&memory);
    assert!(said.iter().all(|(topic, _)| !topic.contains("temperature")), "{said:?}");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v10_what_is_computed_can_refuse_the_whole_transaction() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let mut tx = device.begin();
    tx.set_temperature(85.0)?.set_humidity(100)?.set_label("hot".to_owned())?;
    let error = tx.finish().await.unwrap_err();
    assert!(matches!(&error, SetError::Refused { asset, .. } if asset == "sum"), "{error}");
    assert_eq!(device.snapshot(), House { sum: 70.0, ..House::new() });
    assert!(said(&memory).is_empty());
    Ok(device.close().await?)
}

#[tokio::test]
async fn v10_a_transaction_has_one_time_and_it_can_be_given() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let time: Timestamp = "2031-02-03T04:05:06Z".parse()?;
    device.begin().set_temperature(24.0)?.set_humidity(40)?.finish().at(time).await?.delivered().await?;
    let messages = said(&memory);
    assert_eq!(messages[0].1["humidity"]["at"], "2031-02-03T04:05:06.000000Z");
    assert_eq!(device.last_known("temperature")?.at, time);
    Ok(device.close().await?)
}

#[tokio::test]
async fn v10_a_closed_device_takes_no_transaction() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let mut tx = device.begin();
    tx.set_temperature(24.0)?;
    device.close().await?;
    assert!(matches!(tx.finish().await, Err(SetError::Closed { .. })));
    assert_eq!(device.temperature(), 20.0);
    Ok(())
}

#[derive(Device, Clone)]
struct Meter {
    #[asset(kind = "sensor", retention = "stored")]
    energy: f64,
    #[asset(kind = "sensor")]
    power: f64,
}

#[tokio::test]
async fn v10_a_transaction_with_something_stored_is_stored_as_a_whole() -> TestResult {
    let memory = MemoryPlatform::new();
    let folder = tempfile::tempdir()?;
    let platform = memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
    let meter = platform.device("METER-1", Meter { energy: 0.0, power: 0.0 }).connect().await?;
    let receipt = meter.begin().set_energy(1.5)?.set_power(300.0)?.finish().await?;
    assert!(receipt.id().is_some(), "it is on the disk");
    receipt.delivered().await?;
    assert_eq!(memory.state("METER-1", "power"), Some(json!(300.0)));
    Ok(meter.close().await?)
}

#[tokio::test]
async fn v10_a_transaction_waits_for_room() -> TestResult {
    let memory = MemoryPlatform::new();
    let platform = memory.platform().outbox(OutboxConfig::new().messages(1));
    let meter = platform.device("METER-1", Lamp { power: 0.0 }).connect().await?;
    memory.withhold_acknowledgements(true);
    meter.set_power(1.0).await?;
    let mut tx = meter.begin();
    tx.set_power(2.0)?;
    let mut finish = std::pin::pin!(tx.finish());
    tokio::select! {
        biased;
        done = &mut finish => panic!("there is no room: {done:?}"),
        () = ready(()) => {}
    }
    assert_eq!(meter.power(), 1.0);
    memory.withhold_acknowledgements(false);
    memory.cut();
    finish.await?.delivered().await?;
    assert_eq!((meter.power(), memory.state("METER-1", "power")), (2.0, Some(json!(2.0))));
    Ok(meter.close().await?)
}

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "sensor")]
    power: f64,
}

#[tokio::test]
async fn v11_several_in_one_go_are_all_or_nothing() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let update = device.update(|house| {
        house.label = "before".to_owned();
        house.temperature = 99.0;
    });
    assert!(update.await.is_err());
    assert_eq!(
        (device.label().as_str(), device.temperature()),
        ("green", 20.0),
        "unlike a client that keeps the first"
    );
    assert!(said(&memory).is_empty());
    let update = device.update(|house| {
        house.label = "after".to_owned();
        house.temperature = 30.0;
    });
    update.await?.delivered().await?;
    assert_eq!(said(&memory).len(), 1);
    Ok(device.close().await?)
}

#[tokio::test]
async fn c121_finishing_what_holds_nothing_does_nothing_and_is_no_error() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let mut tx = device.begin();
    tx.finish().await?.delivered().await?;
    tx.set_humidity(40)?;
    tx.finish().await?.delivered().await?;
    assert!(tx.is_empty(), "what was finished is not there any more");
    tx.finish().await?.delivered().await?;
    assert_eq!(said(&memory).len(), 1);
    Ok(device.close().await?)
}

#[tokio::test]
async fn c121_transactions_do_not_know_each_other_and_setters_pass_them_by() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let (mut one, mut other) = (device.begin(), device.begin());
    one.set_temperature(21.0)?;
    other.set_temperature(22.0)?;
    device.set_temperature(23.0).await?;
    assert_eq!(device.temperature(), 23.0);
    other.finish().await?;
    assert_eq!(device.temperature(), 22.0);
    one.finish().await?;
    assert_eq!(device.temperature(), 21.0, "whoever finishes last has the last word");
    Ok(device.close().await?)
}
