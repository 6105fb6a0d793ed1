//! Pipelines before an asset: what is set of what is offered, and which alerts go before it.

use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Alert, ConnectError, Device, PipelineError, Refusal, SetError};
use serde_json::json;

use super::{Driver, SN, Storm, TestResult, delivered, first, ms, start, told};

/// Nobody declares it
#[derive(Alert)]
struct Undeclared {
    speed: f64,
}

#[tokio::test(start_paused = true)]
async fn o1_v42_of_offers_3_3_7_4_4_the_first_and_the_last_but_one_are_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let mut set = Vec::new();
    for value in [3, 3, 7, 4, 4] {
        set.push(station.offer_count(value).await?.is_some());
    }
    assert_eq!(set, [true, false, false, true, false]);
    delivered(&station).await;
    assert_eq!(told(&memory, "count"), [json!(3), json!(4)]);
    assert_eq!(station.count(), 4);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v42_alerts_of_a_pipeline_go_before_the_value_that_they_are_about() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let storms = || Pipeline::<f64>::new().alert_when(|v| *v > 40.0, |v| Storm { speed: *v });
    station.set_pipeline("pressure", storms())?;
    station.offer_pressure(30.0).await?;
    station.offer_pressure(45.0).await?.unwrap().delivered().await?;
    let topics: Vec<_> = memory.messages().into_iter().map(|message| message.topic).collect();
    let at = |end: &str| topics.iter().rposition(|topic| topic.ends_with(end));
    assert!(at("/alert") < at("/asset/pressure/state"), "{topics:?}");
    assert_eq!(topics.iter().filter(|topic| topic.ends_with("/alert")).count(), 1);
    // Or instead of it; and out of a window.
    station.set_pipeline(
        "pressure",
        Pipeline::<f64>::new().max(ms(1000), ms(1000)).alert_instead(|v| *v > 40.0, |v| Storm { speed: *v }),
    )?;
    assert!(station.offer_pressure(50.0).await?.is_none());
    let alert = memory.message(|message| message.text().contains(r#""speed":50.0"#)).await;
    assert_eq!(alert.topic, format!("device/{SN}/alert"));
    assert_eq!(station.pressure(), 45.0);
    station.close().await?;
    Ok(())
}

/// In the source, `$(temperature)` is the value that is offered, `$$(temperature)` the one that the device has.
#[tokio::test(start_paused = true)]
async fn v46_closures_see_what_is_offered_and_what_the_device_has() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    station.set_pipeline(
        "temperature",
        Pipeline::<f64>::new()
            .filter(|v| (*v - v.current::<f64>("temperature").unwrap()).abs() < 5.0)
            .map(|v| *v + v.current::<f64>("wind").unwrap()),
    )?;
    station.set_wind(0.5).await?;
    assert!(station.offer_temperature(26.0).await?.is_none());
    assert!(station.offer_temperature(24.0).await?.is_some());
    assert_eq!(station.temperature(), 24.5);
    let strange = Pipeline::<f64>::new()
        .filter(|v| v.current::<u8>("wind").is_none() && v.current::<f64>("snow").is_none());
    station.set_pipeline("temperature", strange)?;
    assert!(station.offer_temperature(1.0).await?.is_some());
    station.close().await?;
    Ok(())
}

/// One map for all devices of a process, as in the source, would drop what another device has been offered.
#[tokio::test(start_paused = true)]
async fn v42_v46_what_a_pipeline_remembers_and_sees_is_its_own_device() -> TestResult {
    let memory = MemoryPlatform::new();
    let one = start(&memory).await?;
    let other = memory.platform().device("STATION-2", first()).handler(Driver).connect().await?;
    for station in [&one, &other] {
        assert!(station.offer_count(3).await?.is_some(), "{}", station.id());
    }
    for (station, wind) in [(&one, 10.0), (&other, 20.0)] {
        let with_wind = Pipeline::<f64>::new().map(|v| *v + v.current::<f64>("wind").unwrap());
        station.set_pipeline("pressure", with_wind)?;
        station.set_wind(wind).await?;
    }
    for station in [&one, &other] {
        assert!(station.offer_count(3).await?.is_none(), "{} has had it", station.id());
        station.offer_pressure(1.0).await?;
    }
    assert_eq!((one.pressure(), other.pressure()), (11.0, 21.0));
    one.close().await?;
    other.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v42_what_is_no_number_is_refused_and_limits_are_asked_of_what_comes_out() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    station.set_pipeline("temperature", Pipeline::<f64>::new().map(|v| *v / 10.0))?;
    let error = station.offer_temperature(f64::NAN).await.unwrap_err();
    assert!(matches!(error, SetError::Refused { refusal: Refusal::NotFinite { .. }, .. }), "{error}");
    assert!(station.offer_temperature(200.0).await?.is_some());
    assert_eq!(station.temperature(), 20.0);
    let error = station.offer_temperature(1000.0).await.unwrap_err();
    assert!(matches!(error, SetError::Refused { refusal: Refusal::AboveMaximum { .. }, .. }), "{error}");
    assert_eq!(station.temperature(), 20.0);
    station.close().await?;
    assert!(matches!(station.offer_temperature(1.0).await, Err(SetError::Closed { .. })));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn pipelines_that_cannot_be_are_refused_and_the_old_one_stays() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let check = |error: PipelineError, expected: &str| assert_eq!(error.to_string(), expected);
    check(
        station.set_pipeline("cuont", Pipeline::<u32>::new()).unwrap_err(),
        "device `STATION-1` has no asset `cuont`, did you mean `count`?",
    );
    check(
        station.set_pipeline("felt", Pipeline::<f64>::new()).unwrap_err(),
        "device `STATION-1`: `felt` is virtual, it cannot be set",
    );
    check(
        station.set_pipeline("count", Pipeline::<u64>::new()).unwrap_err(),
        "device `STATION-1`, asset `count`: its values are no `u64`",
    );
    let endless = Pipeline::<u32>::new().mean(Duration::ZERO, ms(1));
    let error = station.set_pipeline("count", endless).unwrap_err();
    assert!(matches!(error, PipelineError::Window { asset: "count", .. }), "{error}");
    let strange = Pipeline::<u32>::new().alert_when(|_| true, |_| Undeclared { speed: 1.0 });
    check(
        station.set_pipeline("count", strange).unwrap_err(),
        "device `STATION-1`, asset `count`: its pipeline raises `undeclared`, which the device does not declare",
    );
    assert!(station.clear_pipeline("cuont").is_err());
    assert!(station.offer_count(7).await?.is_none(), "the declared one");
    station.close().await?;
    Ok(())
}

#[derive(Device, Clone)]
struct Endless {
    #[asset(pipeline = endless)]
    level: f64,
}

fn endless() -> Pipeline<f64> {
    Pipeline::new().mean(ms(1), Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn a_declared_pipeline_that_cannot_be_does_not_start() {
    let memory = MemoryPlatform::new();
    let error = memory.platform().device("E-1", Endless { level: 0.0 }).connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Pipeline(PipelineError::Window { .. })), "{error}");
}
