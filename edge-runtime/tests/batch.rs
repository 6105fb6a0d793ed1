//! States that wait for each other: by number, by time, and what lets them go before.

use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Alert, Batch, Device, OutboxConfig, Severity};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const HOUR: Duration = Duration::from_secs(3600);

/// Three states go together.
#[derive(Device, Clone)]
#[device(batch(size = 3))]
struct Meter {
    #[asset]
    energy: u32,
    /// With it, the whole state is not on the topic of the energy.
    #[asset]
    sealed: bool,
}

/// States go together once in a minute.
#[derive(Device, Clone)]
#[device(batch(size = 100, every = "1m", severity = "normal"))]
struct Slow {
    #[asset]
    energy: u32,
    /// With it, the whole state is not on the topic of the energy.
    #[asset]
    sealed: bool,
}

fn value(state: &str) -> u32 {
    let state: serde_json::Value = serde_json::from_str(state).expect("states are JSON");
    state["value"].as_u64().and_then(|value| value.try_into().ok()).expect("energies are numbers")
}

/// What has been said of the energy, one state after the other.
fn energies(memory: &MemoryPlatform, sn: &str) -> Vec<u32> {
    let topic = format!("device/{sn}/asset/energy/state");
    let messages = memory.messages().into_iter().filter(|message| message.topic == topic);
    messages.map(|message| value(&message.text())).collect()
}

#[tokio::test(start_paused = true)]
async fn v44_states_wait_until_there_are_so_many() -> Result {
    let memory = MemoryPlatform::new();
    let meter = memory.platform().device("METER-1", Meter { energy: 0, sealed: true }).connect().await?;
    meter.set_energy(1).await?;
    meter.set_energy(2).await?;
    tokio::time::sleep(HOUR).await;
    assert!(energies(&memory, "METER-1").is_empty());
    assert_eq!((meter.energy(), meter.stats().pending), (2, 2));
    meter.set_energy(3).await?.delivered().await?;
    assert_eq!(energies(&memory, "METER-1"), [1, 2, 3]);
    // And then the next wait.
    meter.set_energy(4).await?;
    tokio::time::sleep(HOUR).await;
    assert_eq!(energies(&memory, "METER-1"), [1, 2, 3]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v44_the_oldest_waits_for_so_long_at_most() -> Result {
    let memory = MemoryPlatform::new();
    let slow = memory.platform().device("SLOW-1", Slow { energy: 0, sealed: true }).connect().await?;
    for round in 0..3 {
        let start = tokio::time::Instant::now();
        slow.set_energy(2 * round + 1).await?;
        tokio::time::sleep(Duration::from_secs(59)).await;
        let last = slow.set_energy(2 * round + 2).await?;
        assert_eq!(energies(&memory, "SLOW-1").len() as u32, 2 * round);
        last.delivered().await?;
        assert_eq!(start.elapsed().as_secs(), 60);
        assert_eq!(energies(&memory, "SLOW-1"), (1..=2 * round + 2).collect::<Vec<_>>());
        tokio::time::sleep(HOUR).await;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v44_a_batch_changes_at_run_time_and_what_waits_goes() -> Result {
    let memory = MemoryPlatform::new();
    let meter = memory.platform().device("METER-1", Meter { energy: 0, sealed: true }).connect().await?;
    let first = meter.set_energy(1).await?;
    meter.set_batch(Some(Batch::new().every(HOUR)));
    first.delivered().await?;
    for energy in 2..=5 {
        meter.set_energy(energy).await?;
    }
    tokio::time::sleep(HOUR / 2).await;
    assert_eq!(energies(&memory, "METER-1"), [1]);
    meter.set_batch(None);
    meter.set_energy(6).await?.delivered().await?;
    assert_eq!(energies(&memory, "METER-1"), [1, 2, 3, 4, 5, 6]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v44_closing_sends_what_waits() -> Result {
    let memory = MemoryPlatform::new();
    let meter = memory.platform().device("METER-1", Meter { energy: 0, sealed: true }).connect().await?;
    meter.set_energy(1).await?;
    meter.set_energy(2).await?;
    meter.close().await?;
    assert_eq!(energies(&memory, "METER-1"), [1, 2]);
    // And nothing waits for what will never come.
    meter.set_batch(Some(Batch::new().size(10)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v44_a_full_outbox_sends_what_waits() -> Result {
    let memory = MemoryPlatform::new();
    let platform = memory.platform().outbox(OutboxConfig::new().messages(2));
    let meter = platform.device("METER-1", Meter { energy: 0, sealed: true }).connect().await?;
    meter.set_batch(Some(Batch::new().size(1000)));
    for energy in 1..=9 {
        tokio::time::timeout(HOUR, meter.set_energy(energy)).await??;
    }
    meter.close().await?;
    assert_eq!(energies(&memory, "METER-1"), (1..=9).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v44_what_waits_outlives_the_connection_and_goes_with_the_whole_state() -> Result {
    let memory = MemoryPlatform::new();
    let meter = memory.platform().device("METER-1", Meter { energy: 0, sealed: true }).connect().await?;
    meter.set_energy(1).await?;
    let second = meter.set_energy(2).await?;
    memory.cut();
    second.delivered().await?;
    assert_eq!(energies(&memory, "METER-1"), [1, 2]);
    assert_eq!(memory.state("METER-1", "energy"), Some(2.into()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v44_devices_of_one_connection_have_batches_of_their_own() -> Result {
    let memory = MemoryPlatform::new();
    let host = edge_runtime::Host::new(&memory.platform(), "HOST-1")?;
    let meter = host.device("METER-1", Meter { energy: 0, sealed: true }).connect().await?;
    let slow = host.device("SLOW-1", Slow { energy: 0, sealed: true }).connect().await?;
    slow.set_energy(1).await?;
    for energy in 1..=3 {
        meter.set_energy(energy).await?;
    }
    let third = |text: &str| text.contains("\"value\":3");
    memory
        .message(|message| message.topic.starts_with("device/METER-1/asset") && third(&message.text()))
        .await;
    assert_eq!((energies(&memory, "METER-1"), energies(&memory, "SLOW-1")), (vec![1, 2, 3], vec![]));
    host.close().await?;
    assert_eq!(energies(&memory, "SLOW-1"), [1]);
    Ok(())
}

/// Of what waits, the oldest may go.
#[derive(Device, Clone)]
#[device(batch(every = "1h"))]
struct Lossy {
    #[asset(capacity = 5, overflow = "drop-oldest")]
    energy: u32,
    #[asset]
    sealed: bool,
}

#[tokio::test(start_paused = true)]
async fn v44_what_would_be_dropped_does_not_wait() -> Result {
    let memory = MemoryPlatform::new();
    let lossy = memory.platform().device("LOSSY-1", Lossy { energy: 0, sealed: true }).connect().await?;
    for energy in 1..=20 {
        lossy.set_energy(energy).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(energies(&memory, "LOSSY-1"), (1..=20).collect::<Vec<_>>());
    assert_eq!(lossy.stats().dropped, 0);
    lossy.close().await?;
    Ok(())
}

/// Somebody should come
#[derive(Alert)]
#[alert(severity = "normal")]
struct Leak {
    litres: u32,
}

/// States wait for a critical alert, or for the hour.
#[derive(Device, Clone)]
#[device(batch(every = "1h"), alert(Leak))]
struct Boiler {
    #[asset]
    energy: u32,
    #[asset]
    sealed: bool,
    #[asset(pipeline = leaking)]
    flow: u32,
}

fn leaking() -> Pipeline<u32> {
    Pipeline::new().alert_when(|v| *v > 10, |v| Leak { litres: *v })
}

/// What has come of a boiler since its first state: topics below its own.
fn heard(memory: &MemoryPlatform) -> Vec<String> {
    let topics = memory.messages().into_iter().map(|message| message.topic);
    let own = topics.filter_map(|topic| topic.strip_prefix("device/BOILER-1/").map(str::to_owned));
    own.filter(|topic| topic == "alert" || topic.starts_with("asset/")).collect()
}

async fn boiler(memory: &MemoryPlatform) -> Result<BoilerDevice> {
    let first = Boiler { energy: 0, sealed: true, flow: 0 };
    Ok(memory.platform().device("BOILER-1", first).connect().await?)
}

#[tokio::test(start_paused = true)]
async fn v44_an_alert_that_matters_enough_does_not_wait_and_takes_what_waits_with_it() -> Result {
    let memory = MemoryPlatform::new();
    let boiler = boiler(&memory).await?;
    for energy in 1..=3 {
        boiler.set_energy(energy).await?;
    }
    // One that matters less goes, and goes alone.
    boiler.raise(Leak { litres: 1 }).await?.delivered().await?;
    tokio::time::sleep(HOUR / 4).await;
    assert_eq!(heard(&memory), ["alert"]);
    assert_eq!(boiler.stats().pending, 3);
    let start = tokio::time::Instant::now();
    boiler.raise(Leak { litres: 2 }).severity(Severity::Critical).await?.delivered().await?;
    let last = boiler.set_energy(4).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    let state = "asset/energy/state";
    assert_eq!(heard(&memory), ["alert", "alert", state, state, state], "the alert first");
    assert_eq!(energies(&memory, "BOILER-1"), [1, 2, 3]);
    // And what comes behind it waits anew, for an hour of its own.
    last.delivered().await?;
    assert_eq!(start.elapsed().as_secs(), HOUR.as_secs());
    assert_eq!(energies(&memory, "BOILER-1"), [1, 2, 3, 4]);
    boiler.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v44_an_alert_of_a_pipeline_lets_go_as_one_that_is_raised() -> Result {
    let memory = MemoryPlatform::new();
    let boiler = boiler(&memory).await?;
    boiler.set_batch(Some(Batch::new().severity(Severity::Normal)));
    boiler.set_energy(1).await?;
    boiler.offer_flow(5).await?;
    tokio::time::sleep(24 * HOUR).await;
    assert!(heard(&memory).is_empty(), "nothing has happened");
    // The alert is raised before the value is set: so the value waits, and what was there goes.
    let own = boiler.offer_flow(11).await?.ok_or("it comes out")?;
    tokio::time::sleep(HOUR).await;
    assert_eq!(heard(&memory), ["alert", "asset/energy/state", "asset/flow/state"]);
    boiler.raise_by_name("leak", serde_json::json!({ "litres": 3 })).await?;
    own.delivered().await?;
    assert_eq!(heard(&memory)[3..], ["alert", "asset/flow/state"]);
    boiler.close().await?;
    Ok(())
}

/// One that is refused has not happened.
#[tokio::test(start_paused = true)]
async fn v44_an_alert_that_is_refused_lets_nothing_go() -> Result {
    let memory = MemoryPlatform::new();
    let boiler = boiler(&memory).await?;
    boiler.set_batch(Some(Batch::new().severity(Severity::Low)));
    boiler.set_energy(1).await?;
    for fields in [serde_json::json!({}), serde_json::json!({ "litres": -1 })] {
        assert!(boiler.raise_by_name("leak", fields).await.is_err());
    }
    assert!(boiler.raise_by_name("leek", serde_json::json!({ "litres": 1 })).await.is_err());
    drop(boiler.raise(Leak { litres: 1 }));
    tokio::time::sleep(24 * HOUR).await;
    assert!(heard(&memory).is_empty());
    boiler.close().await?;
    Ok(())
}

/// It panicked: there was no runtime to look after the time.
#[test]
fn v44_a_batch_is_given_from_any_thread() -> Result {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let memory = MemoryPlatform::new();
    #[derive(Device, Clone)]
    struct Plain {
        #[asset]
        energy: u32,
        #[asset]
        sealed: bool,
    }
    let first = Plain { energy: 0, sealed: true };
    let plain = runtime.block_on(memory.platform().device("PLAIN-1", first).connect())?;
    plain.set_batch(Some(Batch::new().every(HOUR)));
    runtime.block_on(async {
        let start = tokio::time::Instant::now();
        plain.set_energy(1).await?.delivered().await?;
        assert_eq!(start.elapsed(), HOUR);
        Ok(())
    })
}
