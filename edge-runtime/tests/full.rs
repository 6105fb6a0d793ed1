//! An outbox that is full: who waits for room, who is told that there is none, and that nothing of it is lost.

#![allow(clippy::unwrap_used, reason = "in tests; clippy sees only the functions marked #[test]")]

use std::time::Duration;

use edge_runtime::testing::{MemoryPlatform, Message};
use edge_runtime::{Alert, Batch, Device, ErrorCause, Format, OutboxConfig, ReportError};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const SN: &str = "PUMP-1";
const LONG: Duration = Duration::from_secs(3600);

/// Too much of it
#[derive(Alert)]
#[alert(severity = "critical")]
struct Pressure {
    bar: u32,
}

#[derive(Format)]
struct Trace {
    bar: u32,
}

#[derive(Device, Clone)]
#[device(alert(Pressure), format(Trace))]
struct Pump {
    #[asset]
    bar: u32,
    #[asset(capacity = 10, overflow = "drop-newest")]
    noise: u32,
}

/// A pump whose outbox is full of two states that are on their way.
async fn full(memory: &MemoryPlatform) -> Result<PumpDevice> {
    let platform = memory.platform().outbox(OutboxConfig::new().messages(2));
    let pump = platform.device(SN, Pump { bar: 0, noise: 0 }).connect().await?;
    drained(&pump).await;
    memory.withhold_acknowledgements(true);
    pump.set_bar(1).await?;
    pump.set_bar(2).await?;
    Ok(pump)
}

/// Waits until all is acknowledged.
async fn drained(pump: &PumpDevice) {
    let drained = async {
        while pump.stats().pending > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(LONG, drained).await.expect("it is acknowledged within the hour");
}

/// What was said on a topic below the pump's: `bar` or the value, as it came first.
fn heard(memory: &MemoryPlatform, topic: &str) -> Vec<u64> {
    let topic = format!("device/{SN}/{topic}");
    let messages = memory.messages().into_iter().filter(|message| message.topic == topic);
    let number = |message: Message| {
        let value = serde_json::from_slice::<Value>(&message.payload).unwrap()["value"].take();
        value.as_u64().or(value["bar"].as_u64()).unwrap()
    };
    let mut numbers: Vec<u64> = messages.map(number).collect();
    numbers.dedup();
    numbers
}

#[tokio::test(start_paused = true)]
async fn v52_setters_raises_and_submits_wait_for_room_and_then_all_are_there() -> Result {
    let memory = MemoryPlatform::new();
    let pump = full(&memory).await?;
    let mut set = std::pin::pin!(pump.set_bar(3).into_future());
    let mut raise = std::pin::pin!(pump.raise(Pressure { bar: 4 }));
    let mut by_name = std::pin::pin!(pump.raise_by_name("pressure", json!({ "bar": 5 })));
    let mut submit = std::pin::pin!(pump.submit(Trace { bar: 6 }));
    let waiting = async {
        tokio::select! {
            biased;
            done = &mut set => panic!("{done:?}"),
            done = &mut raise => panic!("{done:?}"),
            done = &mut by_name => panic!("{done:?}"),
            done = &mut submit => panic!("{done:?}"),
        }
    };
    assert!(tokio::time::timeout(LONG, waiting).await.is_err(), "there is no room");
    assert_eq!((pump.stats().pending, pump.bar(), pump.stats().reports), (2, 2, 0));
    assert!(heard(&memory, "alert").is_empty() && heard(&memory, "data").is_empty());
    memory.withhold_acknowledgements(false);
    let all = async { tokio::join!(set, raise, by_name, submit) };
    let (set, raise, by_name, submit) = tokio::time::timeout(LONG, all).await?;
    for receipt in [set?, raise?, by_name?, submit?] {
        tokio::time::timeout(LONG, receipt.delivered()).await??;
    }
    assert_eq!((heard(&memory, "alert"), heard(&memory, "data")), (vec![4, 5], vec![6]));
    assert_eq!(heard(&memory, "asset/bar/state"), [1, 2, 3]);
    pump.close().await?;
    Ok(())
}

/// What is not worth waiting for is dropped, counted and told, also while the outbox is full of something else.
#[tokio::test(start_paused = true)]
async fn v52_what_may_be_dropped_does_not_wait_and_is_told() -> Result {
    let memory = MemoryPlatform::new();
    let pump = full(&memory).await?;
    let mut errors = pump.errors();
    let receipt = pump.set_noise(7).now_or_never().ok_or("it does not wait")??;
    assert_eq!(pump.noise(), 7, "the device knows");
    let error = tokio::time::timeout(LONG, errors.recv()).await?.ok_or("the device runs")?;
    assert!(matches!(error.cause, ErrorCause::Dropped), "{error}");
    assert_eq!((error.value("noise"), pump.stats().dropped), (Some(&json!(7)), 1));
    assert!(receipt.delivered().await.is_err());
    memory.withhold_acknowledgements(false);
    drained(&pump).await;
    pump.set_noise(8).await?.delivered().await?;
    assert_eq!(heard(&memory, "asset/noise/state"), [8]);
    pump.close().await?;
    Ok(())
}

/// Dropped while it waits, a raise has done nothing; closed while it waits, it is told.
#[tokio::test(start_paused = true)]
async fn v52_a_raise_that_is_given_up_has_not_happened_and_one_at_a_closed_device_is_told() -> Result {
    let memory = MemoryPlatform::new();
    let pump = full(&memory).await?;
    assert!(tokio::time::timeout(LONG, pump.raise(Pressure { bar: 4 })).await.is_err());
    let waiting = tokio::spawn({
        let pump = pump.clone();
        async move { pump.raise(Pressure { bar: 5 }).await }
    });
    tokio::time::sleep(LONG).await;
    assert!(!waiting.is_finished());
    assert!(pump.close().await.is_err(), "two states were not acknowledged");
    let error = tokio::time::timeout(LONG, waiting).await??.unwrap_err();
    assert_eq!(error, ReportError::Closed { device: SN.to_owned() });
    assert!(heard(&memory, "alert").is_empty());
    Ok(())
}

/// What fills the outbox may be what waits for more: then nothing waits any longer.
#[tokio::test(start_paused = true)]
async fn v52_v44_a_raise_into_an_outbox_that_a_batch_has_filled_gets_its_room() -> Result {
    let memory = MemoryPlatform::new();
    let platform = memory.platform().outbox(OutboxConfig::new().messages(3));
    let pump = platform.device(SN, Pump { bar: 0, noise: 0 }).connect().await?;
    pump.set_batch(Some(Batch::new().size(100)));
    for bar in 1..=3 {
        pump.set_bar(bar).await?;
    }
    tokio::time::timeout(LONG, pump.raise(Pressure { bar: 4 })).await??.delivered().await?;
    assert_eq!((heard(&memory, "asset/bar/state"), heard(&memory, "alert")), (vec![1, 2, 3], vec![4]));
    pump.close().await?;
    Ok(())
}
