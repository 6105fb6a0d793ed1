//! One program, on either platform: only the platform's line differs.

use edge_platform::Embedded;
use edge_runtime::Platform;
use edge_tests::{Http, TestResult};
use serde_json::json;

use super::cloud;
use crate::model::{Driver, Greenhouse, SN};

/// The program.
async fn run(platform: Platform, http: &Http) -> TestResult {
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    device.set_temperature(21.5).await?.delivered().await?;
    let update = device.update(|greenhouse| greenhouse.humidity = 40.0).await?;
    update.delivered().await?;
    http.wait_for_state(SN, "sum", |value| *value == 61.5).await;

    let outcome = http.command(SN, "vent", json!(95)).await?;
    assert_eq!((&outcome["status"], &outcome["value"]), (&json!("applied"), &json!(90)));
    let outcome = http.command(SN, "period", json!(5)).await?;
    assert_eq!(outcome["status"], "applied");
    http.wait_for_state(SN, "period", |value| *value == 5).await;
    assert_eq!((device.vent(), device.period()), (90, 5));

    // It starts again as it is: nothing to change.
    device.close().await?;
    let plan = platform.plan::<Greenhouse>(SN).await?;
    assert!(plan.is_in_sync(), "{plan}");
    let again = platform.device(SN, device.snapshot()).handler(Driver).connect().await?;
    again.close().await?;
    Ok(())
}

#[tokio::test]
async fn connector_and_broker() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), embedded.mqtt_url()).build()?;
    run(platform, &Http::new(embedded.http_url())).await?;
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn allthingstalk() -> TestResult {
    let embedded = cloud().await;
    let platform =
        Platform::allthingstalk("any").http(embedded.http_url()).mqtt(embedded.mqtt_url()).build()?;
    run(platform, &Http::new(embedded.http_url())).await?;
    embedded.close().await;
    Ok(())
}

/// A device can move: what one of them has registered is what the other finds.
#[tokio::test]
async fn one_after_the_other() -> TestResult {
    let embedded = cloud().await;
    let http = Http::new(embedded.http_url());
    let native = Platform::at(embedded.connector_url(), embedded.mqtt_url()).build()?;
    let theirs =
        Platform::allthingstalk("any").http(embedded.http_url()).mqtt(embedded.mqtt_url()).build()?;
    run(native.clone(), &http).await?;
    run(theirs, &http).await?;
    run(native, &http).await?;
    embedded.close().await;
    Ok(())
}
