//! What the program hears of what was not delivered: what was being sent, why it failed, whether it is tried again.

use std::time::Duration;

use edge_runtime::testing::{Cut, DiskFaults, LedgerBroker, MemoryPlatform, SteadyClock};
use edge_runtime::{Batch, Device, ErrorCause, ErrorEvent, Errors, OutboxConfig, Sending, StorageObject};
use edge_tests::TestResult;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::json;

use super::motor::{MotorDevice, Notes, SN, running, send, start};

/// Everything that can go wrong with what it says.
#[derive(Device, Clone)]
#[device(model = "urn:test:recorder:1")]
struct Recorder {
    #[asset(expiry = "1m")]
    late: u8,
    #[asset(retention = "stored")]
    kept: u8,
    #[asset]
    plain: u8,
    #[asset(capacity = 1, overflow = "drop-oldest")]
    newest: u8,
    #[asset(retention = "discard")]
    unsent: u8,
    #[asset]
    picture: Option<StorageObject>,
}

const FIRST: Recorder = Recorder { late: 0, kept: 0, plain: 0, newest: 0, unsent: 0, picture: None };

async fn next(errors: &mut Errors) -> ErrorEvent {
    let error = errors.recv().await.expect("the device runs");
    assert_eq!(error.missed, 0);
    error
}

#[track_caller]
fn is_nothing(errors: &mut Errors) {
    assert!(errors.recv().now_or_never().is_none());
}

/// A motor whose connection was cut: it is back some seconds later.
async fn cut() -> Result<(MemoryPlatform, MotorDevice, Notes, Errors), Box<dyn std::error::Error>> {
    let (memory, device, notes) = running().await?;
    let mut errors = device.errors();
    memory.cut();
    next(&mut errors).await;
    notes.take();
    Ok((memory, device, notes, errors))
}

#[tokio::test(start_paused = true)]
async fn v18_what_is_dropped_is_told_with_its_value_and_why() -> TestResult {
    let (_memory, device, notes, mut errors) = cut().await?;
    let (mut of_power, mut of_speed) = (device.errors_of("power")?, device.errors_of("speed")?);
    device.update(|motor| (motor.power, motor.speed) = (5.5, 7)).await?;
    device.set_power(6.5).await?;
    let error = next(&mut errors).await;
    assert!(matches!(error.cause, ErrorCause::Dropped) && !error.will_be_retried());
    assert_eq!((error.device.as_str(), error.assets().collect::<Vec<_>>()), (SN, vec!["power"]));
    assert_eq!(next(&mut of_power).await.value("power"), Some(&json!(6.5)));
    assert_eq!(
        (error.value("watts"), error.value("speed")),
        (Some(&json!(6.5)), None),
        "by its alias as well"
    );
    is_nothing(&mut of_speed);
    assert_eq!(
        error.to_string(),
        "device `M-1`, states of `power`: dropped: no room or no connection for it"
    );
    let unknown = device.errors_of("powder").unwrap_err();
    assert_eq!(unknown.to_string(), "device `M-1` has no asset `powder`, did you mean `power`?");
    device.close().await?;
    assert_eq!(
        notes.take(),
        ["error of M-1: device `M-1`, states of `power`: dropped: no room or no connection for it"]
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v18_a_lost_connection_is_told_once_and_what_waits_is_tried_again() -> TestResult {
    let (memory, device, notes) = running().await?;
    let (mut errors, mut of_temperature) = (device.errors(), device.errors_of("temperature")?);
    memory.withhold_acknowledgements(true);
    device.set_temperature(30.0).await?;
    memory.message(|message| message.topic.ends_with("temperature/state")).await;
    memory.cut();
    let error = next(&mut errors).await;
    is_nothing(&mut of_temperature); // it has not failed
    assert_eq!(error.sending, Sending::Waiting { messages: 1 });
    assert!(matches!(error.cause, ErrorCause::Disconnected(_)) && error.will_be_retried());
    memory.withhold_acknowledgements(false);
    device.close().await?;
    assert!(errors.recv().await.is_none(), "it was delivered in the end");
    assert_eq!(notes.take().len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v18_what_expires_is_told() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let recorder =
        memory.platform().outbox(temporary()?.1).device(SN, FIRST).start_offline(true).connect().await?;
    let mut errors = recorder.errors();
    recorder.set_late(5).await?;
    tokio::time::advance(Duration::from_secs(61)).await;
    let error = next(&mut errors).await;
    assert!(matches!(error.cause, ErrorCause::Expired), "{error}");
    assert_eq!(error.value("late"), Some(&json!(5)));
    Ok(())
}

fn temporary() -> Result<(tempfile::TempDir, OutboxConfig), std::io::Error> {
    let folder = tempfile::tempdir()?;
    let config = OutboxConfig::new().folder(folder.path());
    Ok((folder, config))
}

#[tokio::test]
async fn v18_what_makes_room_is_told() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let (_folder, config) = temporary()?;
    let recorder = memory.platform().outbox(config).device(SN, FIRST).start_offline(true).connect().await?;
    let mut errors = recorder.errors();
    for value in 1..=3 {
        recorder.set_newest(value).await?;
    }
    for value in 1..=2 {
        assert_eq!(next(&mut errors).await.value("newest"), Some(&json!(value)));
    }
    is_nothing(&mut errors);
    let _ = recorder.close().await;
    Ok(())
}

/// In the source the values of one message are still in the event of the next one.
#[tokio::test(start_paused = true)]
async fn v18_each_of_several_that_fail_together_names_only_what_was_in_it() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let (_folder, config) = temporary()?;
    let recorder = memory.platform().outbox(config).device(SN, FIRST).start_offline(true).connect().await?;
    let mut errors = recorder.errors();
    recorder.set_newest(1).await?;
    recorder.set_newest(2).await?;
    recorder.set_unsent(3).await?;
    for (asset, value) in [("newest", 1), ("unsent", 3)] {
        let error = next(&mut errors).await;
        assert!(matches!(error.cause, ErrorCause::Dropped), "{error}");
        assert_eq!(
            (error.assets().collect::<Vec<_>>(), error.value(asset)),
            (vec![asset], Some(&json!(value)))
        );
    }
    // What is left goes in one batch, which nobody takes.
    recorder.set_batch(Some(Batch::new().size(10)));
    recorder.set_plain(4).await?;
    recorder.update(|recorder| (recorder.plain, recorder.late) = (5, 6)).await?;
    assert!(recorder.close().await.is_err());
    let told: Vec<ErrorEvent> = errors.by_ref().collect().await;
    let told = told.iter().filter(|error| matches!(error.cause, ErrorCause::Closed));
    let told: Vec<_> = told.map(|error| error.assets().collect::<Vec<_>>()).collect();
    assert_eq!(told, [vec!["newest"], vec!["plain"], vec!["late", "plain"]]);
    Ok(())
}

#[tokio::test]
async fn v18_what_the_store_refuses_is_told_and_observed_as_the_way_back() -> TestResult {
    let (memory, faults) = (MemoryPlatform::new(), DiskFaults::default());
    let (_folder, config) = temporary()?;
    let platform = memory.platform().outbox(config.disk_faults(&faults));
    let recorder = platform.device(SN, FIRST).connect().await?;
    let (mut errors, mut kept) = (recorder.errors_of("kept")?, recorder.observe_kept());
    faults.break_flush(true);
    assert!(recorder.set_kept(9).await.is_err());
    let error = next(&mut errors).await;
    assert!(matches!(error.cause, ErrorCause::Store(_)) && !error.will_be_retried(), "{error}");
    assert_eq!(error.value("kept"), Some(&json!(9)));
    for expected in [(0, 9), (9, 0)] {
        let seen = kept.recv().await.expect("the device runs");
        assert_eq!((seen.previous, seen.value), expected);
    }
    assert_eq!(recorder.kept(), 0);
    let _ = recorder.close().await;
    Ok(())
}

#[tokio::test]
async fn v18_v37_a_failed_upload_is_told_and_others_are_published() -> TestResult {
    let memory = MemoryPlatform::new();
    let (folder, config) = temporary()?;
    let recorder = memory.platform().outbox(config).device(SN, FIRST).connect().await?;
    let mut errors = recorder.errors_of("picture")?;
    let missing = StorageObject::file(folder.path().join("missing.jpg"));
    assert!(recorder.set_picture(Some(missing)).await.is_err());
    let error = next(&mut errors).await;
    assert!(matches!(error.cause, ErrorCause::Upload(_)) && !error.will_be_retried(), "{error}");
    assert_eq!(error.assets().collect::<Vec<_>>(), ["picture"]);
    recorder.set_plain(1).await?.delivered().await?;
    Ok(recorder.close().await?)
}

#[tokio::test(start_paused = true)]
async fn v18_what_is_not_delivered_when_the_device_closes_is_told_before_the_end() -> TestResult {
    let (memory, device, notes) = running().await?;
    let mut errors = device.errors();
    memory.withhold_acknowledgements(true);
    device.set_temperature(30.0).await?;
    send(&memory, "asset/speed/command", json!({ "value": 5 }), "a").await;
    notes.take();
    assert!(device.close().await.is_err());
    let told: Vec<ErrorEvent> = errors.by_ref().collect().await;
    assert!(told.iter().all(|error| matches!(error.cause, ErrorCause::Closed)), "{told:?}");
    let values: Vec<_> = told.iter().flat_map(ErrorEvent::assets).collect();
    assert_eq!(values, ["temperature", "speed", "twice"]);
    assert!(matches!(&told[3].sending, Sending::Outcome { id, .. } if id == "a"), "{told:?}");
    let heard: Vec<String> = told.iter().map(|error| format!("error of M-1: {error}")).collect();
    assert_eq!(notes.take(), heard);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v18_a_device_that_the_registry_refuses_is_told_so() -> TestResult {
    let (memory, device, _) = running().await?;
    device.close().await?;
    memory.edit(SN, |device| device.assets[0].kind = edge_runtime::Kind::Sensor);
    let notes = Notes::default();
    let platform = memory.platform();
    let again = platform.device(SN, super::motor::Motor::new()).handler(super::motor::Driver(notes.clone()));
    let again = again.start_offline(true).connect().await?;
    let mut errors = again.errors();
    let error = next(&mut errors).await;
    assert_eq!(error.sending, Sending::Registration);
    assert!(matches!(&error.cause, ErrorCause::Unregistered(reason) if reason.contains("speed")), "{error}");
    let _ = again.close().await;
    assert!(notes.take()[0].starts_with("error of M-1: device `M-1`, registration: refused by the registry"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v18_a_refused_subscription_is_told_and_asked_for_again() -> TestResult {
    let _clock = SteadyClock::start();
    let (broker, memory, notes) = (LedgerBroker::start().await?, MemoryPlatform::new(), Notes::default());
    let device = start(&memory.with_broker(&broker.url())?, &notes).await?;
    let mut errors = device.errors();
    broker.forget_sessions();
    broker.refuse_subscriptions(1);
    broker.cut(Cut::Reset);
    let (lost, refused) = (next(&mut errors).await, next(&mut errors).await);
    assert!(matches!(lost.cause, ErrorCause::Disconnected(_)), "{lost}");
    assert_eq!(refused.sending, Sending::Subscription);
    assert!(matches!(refused.cause, ErrorCause::Refused(_)) && refused.will_be_retried(), "{refused}");
    // It is asked again, and commands arrive.
    broker.wait(|ledger| ledger.subscribes().count() >= 3).await;
    broker.publish(format!("device/{SN}/asset/speed/command"), r#"{"id":"a","value":5}"#);
    let is_outcome = |topic: &str| topic.ends_with("/outcome");
    broker.wait(|ledger| ledger.publishes().any(|(_, it)| is_outcome(&it.topic))).await;
    assert_eq!(device.speed(), 5);
    Ok(device.close().await?)
}

#[tokio::test(start_paused = true)]
async fn v18_a_handler_that_panics_or_is_slow_over_errors_keeps_nothing_up() -> TestResult {
    let (memory, device, notes, mut errors) = cut().await?;
    for power in [66.0, 77.0, 1.0] {
        device.set_power(power).await?;
        next(&mut errors).await;
    }
    device.set_temperature(30.0).await?;
    memory.message(|message| message.topic.ends_with("temperature/state")).await;
    assert!(notes.take().len() <= 2, "delivered while the handler is at it");
    let found = send(&memory, "asset/speed/command", json!({ "value": 5 }), "a").await;
    assert_eq!(found["status"], "applied");
    device.close().await?;
    assert!(notes.take().iter().any(|note| note.contains("states of `power`")), "the one behind");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v18_errors_that_are_too_many_are_counted() -> TestResult {
    let (_memory, device, _notes, _) = cut().await?;
    let mut errors = device.errors();
    for power in 0..1030 {
        device.set_power(f64::from(power)).await?;
    }
    let first = errors.recv().await.expect("the device runs");
    assert_eq!((first.missed, first.value("power")), (6, Some(&json!(6.0))));
    Ok(device.close().await?)
}

#[tokio::test(start_paused = true)]
async fn v20_who_drops_its_errors_hears_no_more() -> TestResult {
    let (_memory, device, _notes, errors) = cut().await?;
    drop(errors);
    let mut others = device.errors();
    device.set_power(1.0).await?;
    assert_eq!(next(&mut others).await.value("power"), Some(&json!(1.0)));
    device.close().await?;
    assert!(device.errors().recv().await.is_none(), "closed is closed");
    Ok(())
}

#[tokio::test]
async fn v21_errors_say_of_which_device_they_are() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let platform = memory.platform();
    let mut all = Vec::new();
    for sn in ["A-1", "A-2"] {
        let device = platform.device(sn, super::motor::Motor::new()).handler(super::motor::Driver::default());
        let device = device.start_offline(true).connect().await?;
        let mut errors = device.errors();
        device.set_power(1.0).await?;
        all.push(next(&mut errors).await.device);
        let _ = device.close().await;
    }
    assert_eq!(all, ["A-1", "A-2"]);
    Ok(())
}
