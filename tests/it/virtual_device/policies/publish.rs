//! Publish policies: which states of the device the platform hears of.

use std::time::Duration;

use edge_runtime::testing::{MemoryPlatform, Message};
use edge_runtime::{DeliveryError, Device};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Driver, SN, TestResult, delivered, first, ms, soon, start, told};

#[tokio::test(start_paused = true)]
async fn v07_equal_values_are_not_told_and_their_receipts_wait_for_the_one_that_was() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    station.set_temperature(20.0).await?.delivered().await?;
    memory.withhold_acknowledgements(true);
    let told_one = station.set_temperature(21.0).await?;
    let equal = station.set_temperature(21.0).await?;
    // As long as the platform has no 21, nobody says that it has.
    assert!(tokio::time::timeout(ms(100), equal.delivered()).await.is_err());
    memory.withhold_acknowledgements(false);
    soon(told_one.delivered()).await?;
    station.set_temperature(21.0).await?.delivered().await?;
    station.set_temperature(20.0).await?.delivered().await?;
    assert_eq!(told(&memory, "temperature"), [json!(21.0), json!(20.0)]);
    // Without a policy, every value is told.
    for _ in 0..2 {
        station.set_count(7).await?.delivered().await?;
    }
    assert_eq!(told(&memory, "count"), [json!(7), json!(7)]);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn within_a_deadband_the_device_knows_and_the_platform_need_not() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    for pressure in [1.25, 1.5, 1.75, 2.0, 1.25] {
        station.set_pressure(pressure).await?.delivered().await?;
        assert_eq!(station.pressure(), pressure);
    }
    assert_eq!(told(&memory, "pressure"), [json!(1.75)]);
    assert_eq!(station.last_known("pressure")?.value, 1.75);
    // What is computed has a policy of its own: 21 was told, 22 is not more than 1 from it.
    assert_eq!(told(&memory, "felt"), Vec::<Value>::new());
    station.set_temperature(23.0).await?.delivered().await?;
    assert_eq!(told(&memory, "felt"), [json!(24.25)]);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_command_for_what_was_kept_back_is_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    sleep(ms(2000)).await;
    station.set_fan(1).await?.delivered().await?;
    let _held = station.set_fan(2).await?;
    memory.publish(&format!("device/{SN}/asset/fan/command"), r#"{"id":"f","value":2}"#);
    memory.message(|message| message.topic.ends_with("/outcome")).await;
    sleep(ms(1)).await;
    assert_eq!(told(&memory, "fan"), [json!(1), json!(2)]);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn within_an_interval_the_newest_value_is_held_and_told_at_its_end() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    sleep(ms(1000)).await;
    station.set_wind(1.0).await?.delivered().await?;
    let mut held = Vec::new();
    for wind in [2.0, 3.0, 4.0] {
        sleep(ms(300)).await;
        held.push(station.set_wind(wind).await?);
        assert_eq!(station.wind(), wind);
    }
    assert_eq!(told(&memory, "wind"), [json!(1.0)]);
    let set = tokio::time::Instant::now();
    for receipt in held {
        soon(receipt.delivered()).await?;
    }
    assert_eq!(set.elapsed(), ms(100));
    assert_eq!(told(&memory, "wind"), [json!(1.0), json!(4.0)]);
    sleep(ms(5000)).await;
    assert_eq!(told(&memory, "wind").len(), 2, "nothing is held any more");
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_held_when_the_device_closes_is_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let receipt = station.set_wind(9.0).await?;
    assert_eq!(told(&memory, "wind"), Vec::<Value>::new());
    station.close().await?;
    soon(receipt.delivered()).await?;
    assert_eq!(memory.state(SN, "wind"), Some(json!(9.0)));
    assert!(memory.messages().pop().unwrap().text().contains("offline"), "before the last words");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_held_when_a_device_closes_that_was_never_there_is_lost_and_said_to_be() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let station = memory.platform().device(SN, first()).handler(Driver).start_offline(true).connect().await?;
    let (told, held) = (station.set_wind(1.0).await?, station.set_wind(2.0).await?);
    assert!(station.close().await.is_err());
    assert_eq!(soon(told.delivered()).await, Err(DeliveryError::Closed));
    assert_eq!(soon(held.delivered()).await, Err(DeliveryError::Closed));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_nobody_changes_is_said_again() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    sleep(Duration::from_secs(30)).await;
    station.set_humidity(51.0).await?.delivered().await?;
    sleep(Duration::from_secs(150)).await;
    assert_eq!(told(&memory, "humidity"), vec![json!(51.0); 3]);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_not_delivered_yet_is_not_said_again() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    memory.withhold_acknowledgements(true);
    sleep(Duration::from_secs(65)).await;
    let pending = station.stats().pending;
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(station.stats().pending, pending);
    memory.withhold_acknowledgements(false);
    sleep(Duration::from_secs(65)).await;
    assert!(told(&memory, "humidity").len() >= 2);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn of_a_transaction_only_what_is_worth_telling_is_in_the_message() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let receipt = station.update(|station| {
        station.pressure = 1.25;
        station.wind = 5.0;
        station.count = 3;
    });
    let receipt = receipt.await?;
    let changed = |message: &Message| {
        message.topic == format!("device/{SN}/state") && message.text().contains(r#""count":{"value":3"#)
            || message.text().contains(r#""value":3"#)
    };
    let message: Value = serde_json::from_str(&memory.message(changed).await.text())?;
    assert!(message.get("pressure").is_none() && message.get("wind").is_none(), "{message}");
    soon(receipt.delivered()).await?;
    assert_eq!(told(&memory, "wind"), [json!(5.0)], "it was held");
    assert_eq!((station.pressure(), station.wind(), station.count()), (1.25, 5.0, 3));
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_command_has_applied_is_always_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let held = station.set_fan(10).await?;
    memory.publish(&format!("device/{SN}/asset/fan/command"), r#"{"id":"1","value":95}"#);
    memory.message(|message| message.topic.ends_with("/outcome")).await;
    delivered(&station).await;
    assert_eq!(told(&memory, "fan"), [json!(90)]);
    soon(held.delivered()).await?;
    sleep(ms(5000)).await;
    assert_eq!((told(&memory, "fan"), station.fan()), (vec![json!(90)], 90));
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_hears_of_everything_whatever_the_policies_say() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    station.set_pressure(1.25).await?;
    let held = station.set_wind(7.0).await?;
    memory.cut();
    soon(held.delivered()).await?;
    while memory.connections() < 2 {
        sleep(ms(100)).await;
    }
    delivered(&station).await;
    assert_eq!(memory.state(SN, "pressure"), Some(json!(1.25)));
    assert_eq!(memory.state(SN, "wind"), Some(json!(7.0)));
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn there_is_a_task_only_while_something_is_due() -> TestResult {
    #[derive(Device, Clone)]
    struct Vane {
        #[asset(publish(on_change, min_interval = "1s"))]
        direction: u16,
    }
    let memory = MemoryPlatform::new();
    let vane = memory.platform().device("VANE-1", Vane { direction: 0 }).connect().await?;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    sleep(ms(2000)).await;
    let idle = tasks();
    vane.set_direction(90).await?.delivered().await?;
    assert_eq!(tasks(), idle);
    let held = vane.set_direction(180).await?;
    assert_eq!(tasks(), idle + 1);
    soon(held.delivered()).await?;
    sleep(ms(1)).await;
    assert_eq!(tasks(), idle);
    vane.close().await?;
    Ok(())
}
