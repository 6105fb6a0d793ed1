//! What comes out of a pipeline at the end of its windows.

use edge_runtime::OutboxConfig;
use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use serde_json::json;
use tokio::time::sleep;

use super::{Driver, SN, TestResult, delivered, first, ms, start, told};

#[tokio::test(start_paused = true)]
async fn v42_at_the_end_of_a_window_its_mean_is_set() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    station.set_pipeline("humidity", Pipeline::<f64>::new().mean(ms(10_000), ms(10_000)))?;
    for humidity in [10.0, 20.0, 60.0] {
        assert!(station.offer_humidity(humidity).await?.is_none());
        sleep(ms(3000)).await;
    }
    assert_eq!(station.humidity(), 50.0, "not yet");
    sleep(ms(1001)).await;
    delivered(&station).await;
    assert_eq!((station.humidity(), told(&memory, "humidity")), (30.0, vec![json!(30.0)]));
    // What a window holds goes with its pipeline.
    assert!(station.offer_humidity(1.0).await?.is_none());
    station.clear_pipeline("humidity")?;
    sleep(ms(20_000)).await;
    assert_eq!(station.humidity(), 30.0);
    assert!(station.offer_humidity(2.0).await?.is_some());
    assert_eq!(station.humidity(), 2.0);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v42_what_comes_out_of_a_window_while_the_outbox_is_full_waits_for_room() -> TestResult {
    let memory = MemoryPlatform::new();
    let platform = memory.platform().outbox(OutboxConfig::new().messages(1));
    let station = platform.device(SN, first()).handler(Driver).connect().await?;
    station.set_pipeline("count", Pipeline::<u32>::new().max(ms(1000), ms(1000)))?;
    delivered(&station).await;
    memory.withhold_acknowledgements(true);
    station.set_temperature(21.0).await?;
    for count in 1..=3 {
        assert!(station.offer_count(count).await?.is_none());
        sleep(ms(1500)).await;
    }
    assert_eq!(station.count(), 0, "there is no room");
    memory.withhold_acknowledgements(false);
    sleep(ms(100)).await;
    delivered(&station).await;
    assert_eq!((station.count(), told(&memory, "count")), (3, vec![json!(3)]));
    station.close().await?;
    Ok(())
}
