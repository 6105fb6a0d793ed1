//! Assets that are observed at run time.

use edge_runtime::Observed;
use edge_tests::TestResult;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde_json::json;

use super::motor::{running, send};

fn seen<T>(observed: Option<Observed<T>>) -> (T, T) {
    let observed = observed.expect("the device runs");
    assert_eq!(observed.missed, 0);
    (observed.previous, observed.value)
}

#[tokio::test]
async fn v12_an_observer_sees_every_change_however_it_comes() -> TestResult {
    let (memory, device, _) = running().await?;
    let (mut speeds, mut twice, mut limits) =
        (device.observe_speed(), device.observe_twice(), device.observe_limit());
    let at: Timestamp = "2031-02-03T04:05:06Z".parse()?;
    device.set_speed(10).at(at).await?;
    let first = speeds.recv().await.expect("the device runs");
    assert_eq!((first.previous, first.value, first.at), (0, 10, at));
    device.update(|motor| (motor.speed, motor.limit) = (20, 30)).await?;
    send(&memory, "asset/speed/command", json!({ "value": 95 }), "a").await;
    device.set_speed(90).await?;
    for expected in [(10, 20), (20, 90), (90, 90)] {
        assert_eq!(seen(speeds.recv().await), expected);
    }
    for expected in [(0, 20), (20, 40), (40, 180)] {
        assert_eq!(seen(twice.next().await), expected, "what is computed, and only when it changes");
    }
    assert_eq!(seen(limits.recv().await), (100, 30));
    // What is refused was never there.
    assert!(device.set_speed(101).await.is_err());
    send(&memory, "asset/speed/command", json!({ "value": 13 }), "b").await;
    device.close().await?;
    assert_eq!((speeds.recv().await, twice.recv().await, limits.recv().await), (None, None, None));
    assert_eq!(device.observe_speed().recv().await, None, "closed is closed");
    Ok(())
}

#[tokio::test]
async fn v12_a_slow_observer_is_told_how_many_it_has_missed() -> TestResult {
    let (_memory, device, _) = running().await?;
    let mut temperatures = device.observe_temperature();
    for value in 1..=1030 {
        device.set_temperature(f64::from(value) / 10.0).await?;
    }
    let first = temperatures.recv().await.expect("the device runs");
    assert_eq!((first.missed, first.previous, first.value), (6, 0.6, 0.7));
    assert_eq!(seen(temperatures.recv().await), (0.7, 0.8));
    Ok(device.close().await?)
}

#[tokio::test]
async fn v20_who_drops_its_observer_observes_nothing_and_others_do() -> TestResult {
    let (_memory, device, _) = running().await?;
    let (one, mut other) = (device.observe_speed(), device.observe_speed());
    drop(one);
    device.set_speed(10).await?;
    assert_eq!(seen(other.recv().await), (0, 10));
    Ok(device.close().await?)
}

/// Getters may be called by whoever is woken, and give what was observed or newer.
#[tokio::test]
async fn v12_what_was_observed_is_the_devices_value() -> TestResult {
    let (_memory, device, _) = running().await?;
    let mut speeds = device.observe_speed();
    let watching = tokio::spawn({
        let device = device.clone();
        async move {
            let mut last = 0;
            while let Some(seen) = speeds.recv().await {
                assert!(device.speed() >= seen.value && seen.previous == last);
                last = seen.value;
            }
            last
        }
    });
    for speed in 1..=100 {
        device.set_speed(speed).await?;
    }
    device.close().await?;
    assert_eq!(watching.await?, 100);
    Ok(())
}
