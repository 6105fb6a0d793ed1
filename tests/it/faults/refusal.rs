//! Brokers that do not let a device say what it says.

use std::time::Duration;

use edge_runtime::testing::{Cut, Ledger, LedgerBroker, MemoryPlatform, SteadyClock};
use edge_runtime::{ConnectError, Device, ErrorCause, ErrorEvent, Errors, OutboxConfig, Receipt, StoreError};
use edge_tests::{Logs, Mosquitto};
use tokio::time::Instant;
use tracing::Level;

use super::chance;
use super::quiet;
use super::world::{ASSETS, Result, SN, TenDevice, World, first_deliveries, set, within};

const LONG: Duration = Duration::from_secs(20 * 60);
/// How often a device connects in that time at most. Half a minute is the mean of the longest waits.
const CONNECTS: usize = 60;
/// How long until a topic is tried again.
const AGAIN: u64 = 10 * 60;

fn connects_since(broker: &LedgerBroker, start: Instant) -> usize {
    broker.look(|ledger: &Ledger| ledger.connects().filter(|(record, _)| record.at >= start).count())
}

/// The next error that says that the broker refuses something.
async fn refused(errors: &mut Errors) -> Result<ErrorEvent> {
    loop {
        let error = errors.recv().await.ok_or("the device runs")?;
        if matches!(error.cause, ErrorCause::Refused(_)) {
            return Ok(error);
        }
    }
}

/// Sets assets in turn, to 1, 2, and so on.
async fn count(device: &TenDevice, assets: &[usize], last: u64) -> Result<Vec<Receipt>> {
    let mut receipts = Vec::new();
    for value in 1..=last {
        for &asset in assets {
            receipts.push(set(device, asset, value).await?);
        }
    }
    Ok(receipts)
}

async fn delivered(receipts: Vec<Receipt>) -> Result {
    for receipt in receipts {
        receipt.delivered().await?;
    }
    Ok(())
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The values of an asset, in the order in which they came first.
fn values(world: &World, asset: usize) -> Vec<u64> {
    let first = world.broker.look(|ledger| first_deliveries(ledger, &format!("a{asset}")));
    first.into_iter().map(|(_, value)| value).collect()
}

#[tokio::test(start_paused = true)]
async fn c09_what_is_not_allowed_waits_alone_and_is_delivered_when_it_is() -> Result {
    let world = World::new().await?;
    let log = Logs::capture_from(Level::WARN);
    let device = world.ten().await?;
    let mut errors = device.errors();
    let topic = format!("device/{SN}/asset/a3/state");
    world.broker.forbid(&topic);
    let start = Instant::now();
    let held = count(&device, &[3], 5).await?;
    within(120, set(&device, 4, 1).await?.delivered()).await??;
    println!("C09: a neighbour is delivered after {:?}", start.elapsed());

    // Whoever asks for errors is told which it is, once.
    let error = within(1, refused(&mut errors)).await??;
    assert_eq!(error.assets().collect::<Vec<_>>(), ["a3"]);
    assert!(error.will_be_retried() && error.to_string().contains(&topic), "{error}");
    assert!(log.text().contains(&topic), "{:?}", log.text());

    // All else goes as ever, before a topic is tried again and after.
    for value in 2..=40 {
        let receipts = [set(&device, 4, value).await?, set(&device, 9, value - 1).await?];
        within(30, delivered(receipts.into())).await??;
        tokio::time::sleep(LONG / 40).await;
    }
    let connects = connects_since(&world.broker, start);
    println!("C09: {connects} connections in {:?}", start.elapsed());
    assert!(connects <= 6, "four until it is known, and one for each try: {connects}");
    assert!(within(1, refused(&mut errors)).await.is_err(), "it is told once");
    assert_eq!((device.stats().barred, device.stats().pending), (1, 5));

    // Nothing is thrown away meanwhile: who gives the permission gets it all, in order.
    world.broker.allow_all();
    within(AGAIN, delivered(held)).await??;
    assert_eq!((values(&world, 3), device.stats().barred), ((1..=5).collect(), 0));
    within(5, set(&device, 3, 6).await?.delivered()).await??;
    let figures = world.judge_last(&[(3, 6), (4, 40), (9, 39)]);
    assert_eq!((figures.lost, figures.inversions, figures.stale), (0, 0, 0), "{figures:?}");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c09_many_topics_that_are_not_allowed_are_no_storm() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    let all: Vec<usize> = (0..ASSETS).collect();
    // Of some, states of one asset; then also those of several, so that nothing is left.
    for (whole, topics) in [(false, ASSETS), (true, ASSETS + 1)] {
        world.broker.forbid(&format!("device/{SN}/asset/+/state"));
        if whole {
            world.broker.forbid(&format!("device/{SN}/state"));
        }
        let start = Instant::now();
        let held = count(&device, &all, 3).await?;
        tokio::time::sleep(LONG).await;
        let connects = connects_since(&world.broker, start);
        println!("C09, {topics} topics: {connects} connections in {LONG:?}");
        assert!(connects <= CONNECTS, "{connects}");
        assert_eq!(device.stats().barred, topics);

        world.broker.allow_all();
        within(AGAIN, delivered(held)).await??;
        within(AGAIN, until(|| device.stats().pending == 0)).await?;
        assert_eq!(device.stats().barred, 0);
        let last: Vec<_> = all.iter().map(|asset| (*asset, 3)).collect();
        let figures = world.judge_last(&last);
        assert_eq!((figures.lost, figures.stale), (0, 0), "{figures:?}");
        all.iter().for_each(|asset| assert!(values(&world, *asset).starts_with(&[1, 2, 3])));
    }
    world.end(device).await
}

/// Connections may end three times in a row with the same message, and at any moment: a network that breaks, a broker that
/// restarts.
#[tokio::test(start_paused = true)]
async fn c09_a_broker_that_ends_connections_at_random_bars_nothing() -> Result {
    const ROUNDS: u64 = 8;
    let world = World::new().await?;
    let device = world.ten().await?;
    let is_over = std::cell::Cell::new(false);
    let busy = async {
        for value in 1.. {
            for asset in 0..ASSETS {
                set(&device, asset, value).await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            if is_over.get() {
                return Ok(value);
            }
        }
        unreachable!("it is over before")
    };
    let cuts = async {
        for round in 0..ROUNDS {
            within(AGAIN, until(|| device.stats().pending <= 1 || device.stats().barred > 0)).await?;
            let start = Instant::now();
            world.broker.forbid(&format!("device/{SN}/asset/a{}/state", fastrand::usize(..ASSETS)));
            // The first of them is on the connection that there is, and before the next there is a wait of a second.
            world.broker.wait(|ledger| ledger.connects().filter(|(it, _)| it.at >= start).count() == 2).await;
            tokio::time::sleep(Duration::from_millis(900)).await;
            world.broker.allow_all();
            for _ in 0..3 {
                within(AGAIN, until(|| device.stats().pending <= 1 || device.stats().barred > 0)).await?;
                chance::moment().await;
                let before = Instant::now();
                world.broker.cut(if fastrand::bool() { Cut::Close } else { Cut::Reset });
                world.broker.wait(|ledger| ledger.connects().any(|(it, _)| it.at > before)).await;
                assert_eq!(device.stats().barred, 0, "round {round}");
            }
        }
        is_over.set(true);
        Ok(())
    };
    let (last, ()) = within(20 * 60 * ROUNDS, async { tokio::try_join!(busy, cuts) })
        .await?
        .map_err(|error: Box<dyn std::error::Error>| error)?;
    within(AGAIN, until(|| device.stats().pending == 0)).await?;
    let last: Vec<_> = (0..ASSETS).map(|asset| (asset, last)).collect();
    let figures = world.judge_last(&last);
    println!("C09: {ROUNDS} rounds of cuts, {} connections", figures.connects);
    assert_eq!((figures.lost, figures.stale, device.stats().barred), (0, 0, 0), "{figures:?}");
    world.end(device).await
}

/// A presence is no message that can wait: without it a device has no session.
#[tokio::test(start_paused = true)]
async fn c09_where_presences_are_not_allowed_no_message_is_blamed() -> Result {
    let world = World::new().await?;
    let log = Logs::capture_from(Level::WARN);
    let device = world.ten().await?;
    world.broker.forbid(&format!("device/{SN}/presence"));
    world.broker.cut(Cut::Close);
    let start = Instant::now();
    let waiting = count(&device, &[0, 1], 3).await?;
    tokio::time::sleep(LONG).await;
    let connects = connects_since(&world.broker, start);
    println!("C09, presences: {connects} connections in {LONG:?}");
    assert!(connects <= CONNECTS, "{connects}");
    assert_eq!(device.stats().barred, 0);
    assert!(log.text().contains("the device is not allowed to say what it says"), "{:?}", log.text());
    world.broker.allow_all();
    within(120, delivered(waiting)).await??;
    world.end(device).await
}

/// What must not be lost, and its neighbour.
#[derive(Device, Clone, Debug)]
struct Meter {
    #[asset(kind = "sensor", retention = "stored")]
    energy: u64,
    #[asset(kind = "sensor", qos = 0)]
    power: u64,
}

const METER: &str = "METER-1";

/// A program that dies at the end, with its broker, which does not let it say its energy, or does.
fn life(place: &(MemoryPlatform, tempfile::TempDir), allowed: bool, energies: [u64; 2]) -> Result<Vec<u64>> {
    quiet::watch();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let said = runtime.block_on(async {
        chance::sow();
        let _clock = SteadyClock::start();
        let broker = LedgerBroker::start().await?;
        if !allowed {
            broker.forbid(&format!("device/{METER}/asset/energy/state"));
        }
        let outbox = OutboxConfig::new().folder(place.1.path());
        let platform = place.0.with_broker(&broker.url())?.outbox(outbox);
        // The thread of the life before may still be about to let the file go, by another clock than this one.
        let meter = within(AGAIN, async {
            loop {
                match platform.device(METER, Meter { energy: 0, power: 0 }).connect().await {
                    Err(ConnectError::Store(StoreError::InUse { .. })) => {}
                    result => break result,
                }
            }
        })
        .await??;
        for energy in energies {
            meter.set_energy(energy).await?;
        }
        within(AGAIN, until(|| allowed || meter.stats().barred > 0)).await?;
        // Nothing has passed before, so the next connection may be a minute away.
        within(120, meter.set_power(7).await?.delivered()).await??;
        within(AGAIN, until(|| !allowed || meter.stats().pending == 0)).await?;
        Ok(broker.look(|ledger| {
            let energies = ledger.publishes().filter(|(_, publish)| publish.topic.ends_with("/energy/state"));
            energies
                .map(|(_, publish)| {
                    let state = edge_proto::payload::read_state(&publish.payload).unwrap();
                    state.value.unwrap().get().parse().unwrap()
                })
                .collect()
        }))
    });
    // Tasks of this life end here; the thread that writes to the disk may need a moment longer.
    runtime.shutdown_timeout(Duration::from_secs(60));
    quiet::check();
    said
}

#[test]
fn c09_what_waits_and_is_stored_outlives_the_program() -> Result {
    let place = (MemoryPlatform::new(), tempfile::tempdir()?);
    // What is new goes before what is of an earlier life: either may be tried, and nothing behind it.
    for (energies, tried) in [([1, 2], &[1][..]), ([3, 4], &[1, 3])] {
        let said = life(&place, false, energies)?;
        assert!(!said.is_empty() && said.iter().all(|value| tried.contains(value)), "{energies:?}: {said:?}");
    }
    // What is new, and what is of earlier lives, each in its order.
    let (late, new): (Vec<_>, Vec<_>) =
        life(&place, true, [5, 6])?.into_iter().partition(|value| *value <= 4);
    assert_eq!((late, new), (vec![1, 2, 3, 4], vec![5, 6]));
    Ok(())
}

/// What is too large for a broker, and what is small.
#[derive(Device, Clone, Debug)]
struct Diary {
    #[asset(kind = "sensor")]
    entry: String,
    #[asset(kind = "sensor")]
    pages: u64,
    #[asset(kind = "sensor")]
    secret: u64,
}

/// Mosquitto acknowledges what its list does not allow, and throws it away; for a packet that is too large it ends the
/// connection.
#[tokio::test]
#[ignore = "long: up to four minutes"]
async fn c09_a_real_broker_swallows_what_is_not_allowed_and_ends_connections_for_what_is_too_large() -> Result
{
    let rules = "topic readwrite #\ntopic deny device/DIARY-1/asset/secret/state\n";
    let Some(broker) = Mosquitto::start_strict(rules, 2_000).await else { return Ok(()) };
    let Some((_observer, seen)) = edge_tests::subscribe(broker.port(), "device/#").await else {
        return Ok(());
    };
    let platform = MemoryPlatform::new().with_broker(&broker.url())?;
    let first = Diary { entry: String::new(), pages: 0, secret: 0 };
    let diary = platform.device("DIARY-1", first).connect().await?;
    within(30, diary.set_secret(1).await?.delivered()).await??;
    within(30, diary.set_pages(1).await?.delivered()).await??;
    seen.wait_for(|line| line.starts_with("device/DIARY-1/asset/pages/state ")).await;
    assert!(!seen.text().contains("/secret/state"), "{}", seen.text());

    let mut errors = diary.errors();
    diary.set_entry("x".repeat(3_000)).await?;
    // The whole state is too large as well: that is two topics, and six waits between connections.
    within(300, diary.set_pages(2).await?.delivered()).await??;
    let error = within(1, refused(&mut errors)).await??;
    assert_eq!(error.assets().next(), Some("entry"), "{error}");
    for pages in 3..=100 {
        within(30, diary.set_pages(pages).await?.delivered()).await??;
    }
    let stats = diary.stats();
    assert!(stats.barred == 2 && stats.pending >= 1, "{stats:?}");
    assert!(within(60, diary.close()).await?.is_err(), "what was not delivered is said");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c09_a_broker_that_acknowledges_nothing_for_long_is_no_storm() -> Result {
    let world = World::new().await?;
    let log = Logs::capture_from(Level::WARN);
    let device = world.ten().await?;
    // As one whose disk is full.
    world.broker.withhold_pubacks(true);
    let start = Instant::now();
    for value in 1..=100 {
        set(&device, 0, value).await?;
    }
    tokio::time::sleep(LONG).await;
    let connects = connects_since(&world.broker, start);
    println!("C09, no acknowledgements: {connects} connections in {LONG:?}");
    assert!(connects <= CONNECTS, "{connects}");
    assert!(log.text().contains("does not acknowledge what it was sent"), "{:?}", log.text());
    world.broker.withhold_pubacks(false);
    world.stream(&device, 0..0).await?;
    let figures = world.judge_last(&[(0, 100)]);
    assert_eq!((figures.lost, figures.inversions, figures.stale), (0, 0, 0), "{figures:?}");
    world.end(device).await
}
