//! Values that nobody has set for too long, and what is told of that.

use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{AccessError, ErrorCause};
use serde_json::json;
use tokio::time::sleep;

use super::{Storm, TestResult, ms, soon, start, told};

#[tokio::test(start_paused = true)]
async fn what_nobody_sets_is_stale_and_not_said_again_until_it_is_set() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    sleep(Duration::from_secs(599)).await;
    assert_eq!((station.is_stale("rain")?, station.is_stale("wind")?), (false, false));
    assert_eq!(told(&memory, "rain").len(), 9);
    sleep(Duration::from_secs(3600)).await;
    assert_eq!((station.is_stale("rain")?, station.is_stale("wind")?), (true, false));
    assert!(told(&memory, "rain").len() <= 10);
    let before = told(&memory, "rain").len();
    station.set_rain(0.0).await?.delivered().await?;
    assert!(!station.is_stale("rain")?);
    sleep(Duration::from_secs(61)).await;
    assert_eq!(told(&memory, "rain").len(), before + 2);
    // A sensor that offers is there, also when nothing comes out of the pipeline.
    station.set_pipeline("rain", Pipeline::<f64>::new().filter(|_| false))?;
    sleep(Duration::from_secs(500)).await;
    assert!(station.offer_rain(0.5).await?.is_none());
    sleep(Duration::from_secs(500)).await;
    assert!(!station.is_stale("rain")?);
    assert!(matches!(station.is_stale("snow"), Err(AccessError::UnknownAsset { .. })));
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_stale_and_what_a_pipeline_has_made_in_vain_are_errors() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let (mut all, mut of_wind) = (station.errors(), station.errors_of("wind")?);
    sleep(Duration::from_secs(601)).await;
    let stale = soon(all.recv()).await.unwrap();
    assert!(matches!(stale.cause, ErrorCause::Stale(after) if after == Duration::from_secs(600)));
    assert_eq!((stale.value("rain"), stale.will_be_retried()), (Some(&json!(0.0)), false));
    station.set_pipeline(
        "temperature",
        Pipeline::<f64>::new()
            .mean(ms(1000), ms(1000))
            .alert_when(|_| true, |_| Storm { speed: f64::NAN })
            .map(|v| *v * 100.0),
    )?;
    assert!(station.offer_temperature(5.0).await?.is_none());
    let not_raised = soon(all.recv()).await.unwrap();
    assert!(matches!(not_raised.cause, ErrorCause::NotRaised(_)), "{not_raised}");
    let not_set = soon(all.recv()).await.unwrap();
    assert!(matches!(not_set.cause, ErrorCause::NotSet(_)), "{not_set}");
    assert_eq!(not_set.value("temperature"), Some(&json!(500.0)));
    assert_eq!(station.temperature(), 20.0);
    station.close().await?;
    assert!(soon(of_wind.recv()).await.is_none(), "nothing has failed there");
    Ok(())
}
