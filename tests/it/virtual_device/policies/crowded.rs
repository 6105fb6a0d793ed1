//! Alerts of windows that wait for room in the outbox: none of them is lost in silence.

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{ErrorCause, Errors, OutboxConfig, ReportError, Sending};
use serde_json::json;
use tokio::time::sleep;

use super::{SN, StationDevice, Storm, TestResult, delivered, first, ms, soon};

/// A station whose outbox is full at a broker that acknowledges nothing, and whose wind is an alert each millisecond.
async fn full(memory: &MemoryPlatform) -> TestResult<(StationDevice, Errors)> {
    let platform = memory.platform().outbox(OutboxConfig::new().messages(2));
    let station = platform.device(SN, first()).handler(super::Driver).connect().await?;
    delivered(&station).await;
    let storms = Pipeline::<f64>::new().max(ms(1), ms(1)).alert_instead(|_| true, |v| Storm { speed: *v });
    station.set_pipeline("wind", storms)?;
    memory.withhold_acknowledgements(true);
    station.set_humidity(1.0).await?;
    station.set_humidity(2.0).await?;
    let errors = station.errors();
    Ok((station, errors))
}

/// Each of so many speeds is a window of its own, and an alert.
async fn blow(station: &StationDevice, speeds: std::ops::Range<u32>) -> TestResult {
    for speed in speeds {
        assert!(station.offer_wind(f64::from(speed)).await?.is_none());
        sleep(ms(2)).await;
    }
    Ok(())
}

/// The speed of a storm that was not told, and why not.
async fn next(errors: &mut Errors) -> (u32, ReportError) {
    let event = soon(errors.recv()).await.expect("it is told before the stream ends");
    let (Sending::Alert { value, .. }, ErrorCause::NotRaised(why)) = (&event.sending, &event.cause) else {
        panic!("{event}");
    };
    assert_eq!(event.missed, 0);
    (value["speed"].as_f64().unwrap() as u32, why.as_ref().clone())
}

#[tokio::test(start_paused = true)]
async fn alerts_that_are_too_many_to_wait_are_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let (station, mut errors) = full(&memory).await?;
    // The first is being raised; 1,024 wait behind it.
    blow(&station, 0..1027).await?;
    for lost in [1, 2] {
        let (speed, why) = next(&mut errors).await;
        assert!(speed == lost && matches!(why, ReportError::NoRoom { .. }), "{speed}: {why}");
    }
    memory.withhold_acknowledgements(false);
    let storms = |speed| {
        move |message: &edge_runtime::testing::Message| {
            message.topic.ends_with("/alert") && message.text().contains(&format!("\"speed\":{speed}"))
        }
    };
    memory.message(storms("1026.0")).await;
    station.close().await?;
    let raised = memory.messages().into_iter().filter(|message| message.topic.ends_with("/alert"));
    assert_eq!(raised.count(), 1025);
    assert!(soon(errors.recv()).await.is_none(), "nothing else is lost");
    Ok(())
}

/// They went with the task that waited.
#[tokio::test(start_paused = true)]
async fn alerts_that_wait_for_room_when_the_device_closes_are_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let (station, mut errors) = full(&memory).await?;
    blow(&station, 0..3).await?;
    assert!(station.close().await.is_err(), "nothing was acknowledged");
    let mut lost = Vec::new();
    while let Some(event) = soon(errors.recv()).await {
        match (&event.sending, &event.cause) {
            (Sending::Alert { value, .. }, ErrorCause::NotRaised(why)) => {
                assert!(matches!(**why, ReportError::Closed { .. }), "{event}");
                lost.push(value["speed"].clone());
            }
            _ => assert!(matches!(event.cause, ErrorCause::Closed), "{event}"),
        }
    }
    assert_eq!(lost, [json!(0.0), json!(1.0), json!(2.0)]);
    Ok(())
}
