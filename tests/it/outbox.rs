//! Delivery: nothing that was accepted is lost, whatever the connection does.

use std::time::Duration;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{CloseError, DeliveryError, Receipt};
use edge_tests::TestResult;
use serde_json::{Value, json};

use crate::model::{SN, start};

/// Waits for an acknowledgement, and fails where there is none.
async fn delivered(receipt: Receipt) -> TestResult {
    Ok(tokio::time::timeout(Duration::from_secs(3600), receipt.delivered()).await??)
}

fn temperatures(memory: &MemoryPlatform) -> Vec<f64> {
    let topic = format!("device/{SN}/asset/temperature/state");
    let messages = memory.messages().into_iter().filter(|message| message.topic == topic);
    let value = |payload: &[u8]| serde_json::from_slice::<Value>(payload).unwrap()["value"].as_f64().unwrap();
    messages.map(|message| value(&message.payload)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_not_acknowledged_is_sent_again_in_order_after_a_lost_session() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set_temperature(1.0).await?.delivered().await?;
    memory.withhold_acknowledgements(true);
    let mut receipts = Vec::new();
    for value in 2..=5 {
        receipts.push(device.set_temperature(f64::from(value)).await?);
    }
    memory.message(|message| message.text().contains("\"value\":5.0")).await;
    memory.cut();
    memory.withhold_acknowledgements(false);
    receipts.push(device.set_temperature(6.0).await?);
    for receipt in receipts {
        delivered(receipt).await?;
    }
    assert_eq!(temperatures(&memory), [1.0, 2.0, 3.0, 4.0, 5.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(memory.state(SN, "temperature"), Some(json!(6.0)));
    let births = memory.messages().iter().filter(|message| message.text().contains("online")).count();
    assert_eq!(births, 2, "announced again");
    device.close().await?;
    Ok(())
}

/// The whole states that were published.
fn announcements(memory: &MemoryPlatform) -> usize {
    memory.messages().iter().filter(|message| message.topic == format!("device/{SN}/state")).count()
}

#[tokio::test(start_paused = true)]
async fn the_whole_state_is_published_again_after_a_lost_session_and_when_it_is_asked_for() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set_temperature(1.0).await?.delivered().await?;
    assert_eq!(announcements(&memory), 1);
    // The broker has acknowledged it, and forgets it.
    memory.cut();
    let again = |needle: &'static str| {
        let wanted = memory.message(move |m| m.topic.ends_with("GH-1/state") && m.text().contains(needle));
        tokio::time::timeout(Duration::from_secs(3600), wanted)
    };
    assert!(again("\"seq\":3").await?.text().contains("\"temperature\":{\"at\""));
    memory.publish("device/GH-1/command", edge_proto::payload::ANNOUNCE);
    again("\"seq\":4").await?;
    assert_eq!(announcements(&memory), 3);
    device.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_late_says_so_and_what_is_new_does_not_wait_for_it() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set_temperature(1.0).await?.delivered().await?;
    memory.cut();
    let mut last = None;
    for value in 2..=500 {
        last = Some(device.set_temperature(f64::from(value % 80)).await?);
    }
    delivered(last.unwrap()).await?;
    delivered(device.set_humidity(33.0).await?).await?;

    let messages = memory.messages();
    let states = messages.iter().filter(|message| message.topic.ends_with("/state"));
    let (late, others): (Vec<_>, Vec<_>) =
        states.partition(|message| message.text().contains(r#""historical":true"#));
    assert_eq!(late.iter().filter(|message| message.topic.ends_with("temperature/state")).count(), 499);
    // How things are is said again, and not as history; nor is what is set on the connection.
    let whole = |message: &&&edge_runtime::testing::Message| message.topic == format!("device/{SN}/state");
    assert_eq!((others.iter().filter(whole).count(), late.iter().filter(|it| whole(it)).count()), (2, 0));
    assert!(others.iter().any(|message| message.topic.ends_with("humidity/state")));
    assert_eq!(memory.state(SN, "temperature"), Some(json!(20.0)));
    device.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_full_outbox_makes_setters_wait_and_loses_nothing() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set_temperature(0.0).await?.delivered().await?;
    memory.withhold_acknowledgements(true);
    let setter = device.clone();
    // 10,000 entries: every set is one of the temperature and one of the sum.
    let all = tokio::spawn(async move {
        for step in 0..6_000 {
            setter.set_temperature(f64::from(step % 80)).await?;
        }
        Ok::<_, edge_runtime::SetError>(())
    });
    while device.stats().pending < 10_000 {
        tokio::task::yield_now().await;
    }
    assert!(!all.is_finished());
    memory.withhold_acknowledgements(false);
    all.await??;
    device.set_temperature(42.0).await?.delivered().await?;
    assert_eq!(temperatures(&memory).len(), 6_002);
    assert_eq!(memory.state(SN, "temperature"), Some(json!(42.0)));
    device.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn closing_without_acknowledgements_says_what_is_lost() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set_temperature(1.0).await?.delivered().await?;
    memory.withhold_acknowledgements(true);
    let receipt = device.set_temperature(2.0).await?;
    assert_eq!(device.close().await, Err(CloseError::Undelivered { count: 2 }));
    assert_eq!(receipt.delivered().await, Err(DeliveryError::Closed));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn closing_goes_on_when_nobody_waits_for_it_and_all_who_wait_hear_of_its_end() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    memory.publish(&format!("device/{SN}/asset/vent/command"), r#"{"id":"hangs","value":77}"#);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(tokio::time::timeout(Duration::from_secs(1), device.close()).await.is_err());
    device.close().await?;
    assert!(memory.messages().last().unwrap().text().contains("offline"));
    assert_eq!(memory.acknowledged(), 0, "it comes again");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_later_ends_the_waiting() -> TestResult {
    let memory = MemoryPlatform::new();
    start(&memory).await?.close().await?;
    memory.edit(SN, |device| device.assets[0].kind = edge_runtime::Kind::Config);
    let builder = memory.platform().device(SN, crate::model::Greenhouse::new()).handler(crate::model::Driver);
    let device = builder.start_offline(true).connect().await?;
    let receipt = device.set_temperature(30.0).await?;
    assert_eq!(receipt.delivered().await, Err(DeliveryError::Closed));
    assert!(device.set_temperature(31.0).await.is_err());
    assert_eq!(device.close().await, Err(CloseError::Undelivered { count: 2 }));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_device_that_starts_offline_keeps_what_is_set_until_the_platform_is_there() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let builder = memory.platform().device(SN, crate::model::Greenhouse::new()).handler(crate::model::Driver);
    let device = builder.start_offline(true).connect().await?;
    assert!(!device.is_online());
    let receipt = device.set_temperature(30.0).await?;
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert!(memory.messages().is_empty());
    memory.set_registry_away(false);
    delivered(receipt).await?;
    assert_eq!(memory.state(SN, "temperature"), Some(json!(30.0)));
    assert_eq!(device.session(), 1);
    device.close().await?;
    Ok(())
}
