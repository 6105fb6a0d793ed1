//! The wall clock is wrong, or jumps; or the whole machine was asleep.

use std::time::Duration;

use edge_platform::Embedded;
use edge_runtime::Platform;
use edge_tests::Http;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::world::{Result, World, set, within};
use crate::model::{Driver, Greenhouse, SN};

#[tokio::test]
async fn c15_the_value_that_was_set_last_is_the_newest_whatever_its_time() -> Result {
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), format!("mqtt://{}", embedded.mqtt())).build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let http = Http::new(embedded.http_url());
    let hours = |hours| Timestamp::now() + SignedDuration::from_hours(hours);
    let times = [
        hours(1),
        hours(-1),
        hours(10 * 366 * 24),
        Timestamp::UNIX_EPOCH,
        // The second before a leap second.
        "2016-12-31T23:59:59.999Z".parse()?,
        "1969-12-31T23:59:59Z".parse()?,
        hours(0),
    ];
    for (index, at) in times.into_iter().enumerate() {
        let value = index as f64 + 1.0;
        device.set_temperature(value).at(at).await?.delivered().await?;
        http.wait_for_state(SN, "temperature", |stored| *stored == value).await;
        let (_, state) = http.get(&format!("/device/{SN}/asset/temperature/state")).await?;
        let stored: Timestamp = state["state"]["at"].as_str().unwrap().parse()?;
        assert!(stored.duration_since(at).abs() < SignedDuration::from_millis(1), "{stored}, not {at}");
    }
    // Commands go on: what is compared with the clock is the time at which they expire, and nothing else.
    assert_eq!(http.command(SN, "vent", json!(3)).await?["status"], "applied");
    within(10, device.close()).await??;
    embedded.close().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c15_a_machine_that_was_asleep_goes_on_with_one_connection_more_at_most() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    within(60, set(&device, 0, 1).await?.delivered()).await??;
    for value in 2..=4 {
        let waiting = set(&device, 0, value).await?;
        // Every timer is over at once.
        tokio::time::advance(Duration::from_secs(600)).await;
        within(120, waiting.delivered()).await??;
        within(120, set(&device, 1, value).await?.delivered()).await??;
        tokio::time::sleep(Duration::from_secs(120)).await;
        assert!(device.is_online());
    }
    let connects = world.broker.look(|ledger| ledger.connects().count());
    println!("C15: {connects} connections, asleep three times");
    assert!(connects <= 4, "{connects}");
    let figures = world.judge_last(&[(0, 4)]);
    assert_eq!((figures.lost, figures.stale), (0, 0), "{figures:?}");
    world.end(device).await
}
