//! The wall clock is wrong, or jumps; or the whole machine was asleep.

use std::time::Duration;

use edge_platform::Embedded;
use edge_runtime::testing::{MemoryPlatform, SetClock};
use edge_runtime::{Change, Device, HandlerResult, Platform};
use edge_tests::Http;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

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
    within(60, embedded.close()).await?;
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

const NOON: &str = "2031-02-03T12:00:00Z";

/// Somebody should look.
#[derive(edge_runtime::Alert, Clone, Debug)]
struct Smoke {
    density: u64,
}

#[derive(Device, Clone)]
#[device(model = "urn:test:watch:1", alert(Smoke))]
struct Watch {
    #[asset(kind = "sensor")]
    count: u64,
    #[asset(kind = "sensor", expiry = "1m")]
    brief: u64,
    #[asset(kind = "sensor", publish(min_interval = "1h"))]
    seldom: u64,
}

const WATCH: Watch = Watch { count: 0, brief: 0, seldom: 0 };

/// What the platform says of an asset's time: nothing, or that it is not to be believed.
fn unsynced(state: &Value) -> bool {
    state.get("unsynced").is_some_and(|unsynced| *unsynced == json!(true))
}

#[tokio::test]
async fn c15_a_time_from_a_clock_that_is_not_to_be_believed_says_so_to_the_platform() -> Result {
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), format!("mqtt://{}", embedded.mqtt())).build()?;
    let clock = SetClock::new(Timestamp::UNIX_EPOCH);
    let device = clock.on(platform).device("W-1", WATCH).connect().await?;
    let http = Http::new(embedded.http_url());
    let mut count = 0;
    let mut check = async |expected: bool, why: &str| -> Result {
        count += 1;
        device.set_count(count).await?.delivered().await?;
        http.wait_for_state("W-1", "count", |stored| *stored == count).await;
        let (_, state) = http.get("/device/W-1/asset/count/state").await?;
        assert_eq!(unsynced(&state["state"]), expected, "{why}: {state}");
        Ok(())
    };
    let noon: Timestamp = NOON.parse()?;
    check(true, "no clock has been set yet").await?;
    clock.set(noon);
    check(false, "it was set").await?;
    for (hours, why) in [(1, "an hour forward"), (-1, "an hour back"), (10 * 8766, "ten years forward")] {
        clock.jump(SignedDuration::from_hours(hours));
        check(true, why).await?;
        clock.advance(Duration::from_secs(599));
        check(true, why).await?;
        clock.advance(Duration::from_secs(1));
        check(false, "it has run for ten minutes since").await?;
    }
    clock.set(Timestamp::UNIX_EPOCH);
    check(true, "back to 1970").await?;
    clock.advance(Duration::from_secs(3600));
    check(true, "1970 is not to be believed, however long").await?;
    let stats = device.stats();
    assert_eq!((stats.states, stats.unsynced), (13, 9), "{stats:?}");

    // A time that the program says, it knows.
    device.set_count(100).at(noon).await?.delivered().await?;
    device.raise(Smoke { density: 1 }).await?.delivered().await?;
    device.raise(Smoke { density: 2 }).at(noon).await?.delivered().await?;
    assert_eq!(device.stats().unsynced, 10);
    within(60, device.close()).await??;
    // In the history and of alerts as well. The newest first, by their times.
    http.wait_for_state("W-1", "count", |stored| *stored == 100).await;
    let (_, history) = http.get("/device/W-1/asset/count/states").await?;
    let believed: Vec<_> =
        history["data"].as_array().unwrap().iter().filter(|state| !unsynced(state)).collect();
    let believed: Vec<u64> = believed.iter().map(|state| state["data"].as_u64().unwrap()).collect();
    let mut sorted = believed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [2, 5, 8, 11, 100], "{history}");
    let alerts = loop {
        let (_, alerts) = http.get("/device/W-1/alerts").await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
        if alerts["data"].as_array().is_some_and(|alerts| alerts.len() == 2) {
            break alerts;
        }
    };
    let alerts = alerts["data"].as_array().unwrap();
    let of = |density: u64| alerts.iter().find(|alert| alert["value"]["density"] == json!(density)).unwrap();
    assert!(unsynced(of(1)) && !unsynced(of(2)), "{alerts:?}");
    within(60, embedded.close()).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c15_what_is_held_back_keeps_the_doubt_that_there_was_when_it_was_set() -> Result {
    let clock = SetClock::new(NOON.parse()?);
    let memory = MemoryPlatform::new();
    let device = clock.on(memory.platform()).device("W-1", WATCH).connect().await?;
    clock.jump(SignedDuration::from_hours(1));
    // It was told with the first state: this one waits for the end of its interval.
    device.set_seldom(1).await?;
    clock.advance(Duration::from_secs(3600));
    device.set_count(7).await?.delivered().await?;
    let told = |topic| within(7200, memory.message(move |message| message.topic.ends_with(topic)));
    let count = told("count/state").await?;
    assert!(!count.text().contains("unsynced"), "{count:?}");
    let seldom = told("seldom/state").await?;
    assert!(seldom.text().contains(r#""at":"2031-02-03T13:00:00"#), "{seldom:?}");
    assert!(
        seldom.text().contains(r#""value":1,"#) && seldom.text().contains(r#""unsynced":true"#),
        "{seldom:?}"
    );
    within(60, device.close()).await??;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c15_nothing_expires_because_the_clock_is_set() -> Result {
    let clock = SetClock::new(NOON.parse()?);
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let device = clock.on(memory.platform()).device("W-1", WATCH).start_offline(true).connect().await?;
    for value in 1..=10 {
        device.set_brief(value).await?;
        clock.jump(SignedDuration::from_hours(10 * 8766 * if value % 2 == 0 { -1 } else { 1 }));
    }
    memory.set_registry_away(false);
    let last = memory.message(|message| {
        message.topic.ends_with("brief/state") && message.text().contains(r#""value":10,"#)
    });
    within(30, last).await?;
    assert_eq!(device.stats().expired, 0, "some seconds are no minute, whatever the clock says");
    within(60, device.close()).await??;
    Ok(())
}

#[derive(Device, Clone)]
#[device(model = "urn:test:latch:1")]
struct Latch {
    #[asset(kind = "actuator")]
    open: bool,
}

/// Tells of when it was told to do something.
struct Tells(tokio::sync::mpsc::UnboundedSender<Timestamp>);

impl LatchHandler for Tells {
    async fn on_open(&mut self, _: &LatchDevice, change: Change<bool>) -> HandlerResult<bool> {
        self.0.send(change.at)?;
        Ok(change.value)
    }
}

#[tokio::test(start_paused = true)]
async fn c15_a_command_that_says_no_time_came_at_the_time_of_the_devices_clock() -> Result {
    let world = World::new().await?;
    let noon: Timestamp = NOON.parse()?;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let clock = SetClock::new(noon);
    let device = clock.on(world.platform()?).device("L-1", Latch { open: false });
    let device = device.handler(Tells(tell)).connect().await?;
    world.broker.publish("device/L-1/asset/open/command", r#"{"value":true}"#);
    assert_eq!(within(60, told.recv()).await?, Some(noon));
    world.end(device).await
}
