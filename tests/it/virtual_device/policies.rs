//! Publish policies, staleness and pipelines: what the platform is told, and when. The clock is paused.

use std::future::Future;
use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{
    AccessError, Alert, Change, DeliveryError, Device, ErrorCause, HandlerResult, PipelineError, Refusal,
    SetError,
};
use serde_json::{Value, json};
use tokio::time::sleep;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SN: &str = "STATION-1";

/// Too much wind
#[derive(Alert)]
struct Storm {
    speed: f64,
}

/// Nobody declares it
#[derive(Alert)]
struct Undeclared {
    speed: f64,
}

#[derive(Device, Clone, Debug, PartialEq)]
#[device(alert(Storm))]
struct Station {
    #[asset(kind = "sensor", min = -40.0, max = 85.0, publish(on_change))]
    temperature: f64,
    #[asset(kind = "sensor", publish(deadband = 0.5))]
    pressure: f64,
    #[asset(kind = "sensor", publish(min_interval = "1s"))]
    wind: f64,
    #[asset(kind = "sensor", publish(on_change, max_interval = "1m"))]
    humidity: f64,
    #[asset(kind = "sensor", publish(max_interval = "1m"), stale_after = "10m")]
    rain: f64,
    #[asset(kind = "actuator", publish(on_change, min_interval = "1s"))]
    fan: u8,
    #[asset(kind = "virtual", compute = felt(temperature, pressure), publish(deadband = 1.0))]
    felt: f64,
    #[asset(kind = "sensor", pipeline = counted)]
    count: u32,
}

fn felt(temperature: f64, pressure: f64) -> f64 {
    temperature + pressure
}

fn counted() -> Pipeline<u32> {
    Pipeline::new().filter(|v| *v <= 5).eliminate_duplicates(Duration::from_secs(5))
}

struct Driver;

impl StationHandler for Driver {
    async fn on_fan(&mut self, _: &StationDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value.min(90))
    }
}

fn first() -> Station {
    Station {
        temperature: 20.0,
        pressure: 1.0,
        wind: 0.0,
        humidity: 50.0,
        rain: 0.0,
        fan: 0,
        felt: 0.0,
        count: 0,
    }
}

async fn start(memory: &MemoryPlatform) -> Result<StationDevice, Box<dyn std::error::Error>> {
    let station = memory.platform().device(SN, first()).handler(Driver).connect().await?;
    memory.message(|message| message.topic == format!("device/{SN}/state")).await;
    Ok(station)
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The values that an asset's topic has told.
fn told(memory: &MemoryPlatform, asset: &str) -> Vec<Value> {
    let topic = format!("device/{SN}/asset/{asset}/state");
    let states = memory.messages().into_iter().filter(|message| message.topic == topic);
    states
        .map(|message| serde_json::from_slice::<Value>(&message.payload).unwrap()["value"].clone())
        .collect()
}

/// Waits for it, but not for ever.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(300), future).await.expect("it comes within five minutes")
}

/// Waits until all that is in the outbox is acknowledged.
async fn delivered(station: &StationDevice) {
    let delivered = async {
        while station.stats().pending > 0 {
            sleep(ms(1)).await;
        }
    };
    soon(delivered).await;
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
async fn v07_equal_values_are_not_told_and_their_receipts_wait_for_the_one_that_was() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    station.set_temperature(20.0).await?.delivered().await?;
    memory.withhold_acknowledgements(true);
    let told_one = station.set_temperature(21.0).await?;
    let equal = station.set_temperature(21.0).await?;
    // As long as the platform has no 21, nobody says that it has.
    assert!(tokio::time::timeout(ms(100), equal.delivered()).await.is_err());
    memory.withhold_acknowledgements(false);
    soon(told_one.delivered()).await?;
    station.set_temperature(21.0).await?.delivered().await?;
    station.set_temperature(20.0).await?.delivered().await?;
    assert_eq!(told(&memory, "temperature"), [json!(21.0), json!(20.0)]);
    // Without a policy, every value is told.
    for _ in 0..2 {
        station.set_count(7).await?.delivered().await?;
    }
    assert_eq!(told(&memory, "count"), [json!(7), json!(7)]);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn within_a_deadband_the_device_knows_and_the_platform_need_not() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    for pressure in [1.25, 1.5, 1.75, 2.0, 1.25] {
        station.set_pressure(pressure).await?.delivered().await?;
        assert_eq!(station.pressure(), pressure);
    }
    assert_eq!(told(&memory, "pressure"), [json!(1.75)]);
    assert_eq!(station.last_known("pressure")?.value, 1.75);
    // What is computed has a policy of its own: 21 was told, 22 is not more than 1 from it.
    assert_eq!(told(&memory, "felt"), Vec::<Value>::new());
    station.set_temperature(23.0).await?.delivered().await?;
    assert_eq!(told(&memory, "felt"), [json!(24.25)]);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_command_for_what_was_kept_back_is_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    sleep(ms(2000)).await;
    station.set_fan(1).await?.delivered().await?;
    let _held = station.set_fan(2).await?;
    memory.publish(&format!("device/{SN}/asset/fan/command"), r#"{"id":"f","value":2}"#);
    memory.message(|message| message.topic.ends_with("/outcome")).await;
    sleep(ms(1)).await;
    assert_eq!(told(&memory, "fan"), [json!(1), json!(2)]);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn within_an_interval_the_newest_value_is_held_and_told_at_its_end() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    sleep(ms(1000)).await;
    station.set_wind(1.0).await?.delivered().await?;
    let mut held = Vec::new();
    for wind in [2.0, 3.0, 4.0] {
        sleep(ms(300)).await;
        held.push(station.set_wind(wind).await?);
        assert_eq!(station.wind(), wind);
    }
    assert_eq!(told(&memory, "wind"), [json!(1.0)]);
    let set = tokio::time::Instant::now();
    for receipt in held {
        soon(receipt.delivered()).await?;
    }
    assert_eq!(set.elapsed(), ms(100));
    assert_eq!(told(&memory, "wind"), [json!(1.0), json!(4.0)]);
    sleep(ms(5000)).await;
    assert_eq!(told(&memory, "wind").len(), 2, "nothing is held any more");
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_held_when_the_device_closes_is_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let receipt = station.set_wind(9.0).await?;
    assert_eq!(told(&memory, "wind"), Vec::<Value>::new());
    station.close().await?;
    soon(receipt.delivered()).await?;
    assert_eq!(memory.state(SN, "wind"), Some(json!(9.0)));
    assert!(memory.messages().pop().unwrap().text().contains("offline"), "before the last words");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_held_when_a_device_closes_that_was_never_there_is_lost_and_said_to_be() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let station = memory.platform().device(SN, first()).handler(Driver).start_offline(true).connect().await?;
    let (told, held) = (station.set_wind(1.0).await?, station.set_wind(2.0).await?);
    assert!(station.close().await.is_err());
    assert_eq!(soon(told.delivered()).await, Err(DeliveryError::Closed));
    assert_eq!(soon(held.delivered()).await, Err(DeliveryError::Closed));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_nobody_changes_is_said_again() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    sleep(Duration::from_secs(30)).await;
    station.set_humidity(51.0).await?.delivered().await?;
    sleep(Duration::from_secs(150)).await;
    assert_eq!(told(&memory, "humidity"), vec![json!(51.0); 3]);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_not_delivered_yet_is_not_said_again() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    memory.withhold_acknowledgements(true);
    sleep(Duration::from_secs(65)).await;
    let pending = station.stats().pending;
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(station.stats().pending, pending);
    memory.withhold_acknowledgements(false);
    sleep(Duration::from_secs(65)).await;
    assert!(told(&memory, "humidity").len() >= 2);
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn of_a_transaction_only_what_is_worth_telling_is_in_the_message() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let receipt = station.update(|station| {
        station.pressure = 1.25;
        station.wind = 5.0;
        station.count = 3;
    });
    let receipt = receipt.await?;
    let changed = |message: &edge_runtime::testing::Message| {
        message.topic == format!("device/{SN}/state") && message.text().contains(r#""count":{"value":3"#)
            || message.text().contains(r#""value":3"#)
    };
    let message: Value = serde_json::from_str(&memory.message(changed).await.text())?;
    assert!(message.get("pressure").is_none() && message.get("wind").is_none(), "{message}");
    soon(receipt.delivered()).await?;
    assert_eq!(told(&memory, "wind"), [json!(5.0)], "it was held");
    assert_eq!((station.pressure(), station.wind(), station.count()), (1.25, 5.0, 3));
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_command_has_applied_is_always_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    let held = station.set_fan(10).await?;
    memory.publish(&format!("device/{SN}/asset/fan/command"), r#"{"id":"1","value":95}"#);
    memory.message(|message| message.topic.ends_with("/outcome")).await;
    delivered(&station).await;
    assert_eq!(told(&memory, "fan"), [json!(90)]);
    soon(held.delivered()).await?;
    sleep(ms(5000)).await;
    assert_eq!((told(&memory, "fan"), station.fan()), (vec![json!(90)], 90));
    station.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_hears_of_everything_whatever_the_policies_say() -> TestResult {
    let memory = MemoryPlatform::new();
    let station = start(&memory).await?;
    station.set_pressure(1.25).await?;
    let held = station.set_wind(7.0).await?;
    memory.cut();
    soon(held.delivered()).await?;
    while memory.connections() < 2 {
        sleep(ms(100)).await;
    }
    delivered(&station).await;
    assert_eq!(memory.state(SN, "pressure"), Some(json!(1.25)));
    assert_eq!(memory.state(SN, "wind"), Some(json!(7.0)));
    station.close().await?;
    Ok(())
}

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
    let platform = memory.platform().outbox(edge_runtime::OutboxConfig::new().messages(1));
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
    assert!(matches!(error, edge_runtime::ConnectError::Pipeline(PipelineError::Window { .. })), "{error}");
}

#[tokio::test(start_paused = true)]
async fn there_is_a_task_only_while_something_is_due() -> TestResult {
    #[derive(Device, Clone)]
    struct Vane {
        #[asset(publish(on_change, min_interval = "1s"))]
        direction: u16,
    }
    let memory = MemoryPlatform::new();
    let vane = memory.platform().device("VANE-1", Vane { direction: 0 }).connect().await?;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    sleep(ms(2000)).await;
    let idle = tasks();
    vane.set_direction(90).await?.delivered().await?;
    assert_eq!(tasks(), idle);
    let held = vane.set_direction(180).await?;
    assert_eq!(tasks(), idle + 1);
    soon(held.delivered()).await?;
    sleep(ms(1)).await;
    assert_eq!(tasks(), idle);
    vane.close().await?;
    Ok(())
}
