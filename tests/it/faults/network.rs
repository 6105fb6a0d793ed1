//! A network that is down for a minute, again and again, and a broker that hardly reads.

use std::time::Duration;

use edge_runtime::backoff::LONGEST;
use edge_runtime::testing::{FaultProxy, Ledger};
use edge_runtime::{Device, OutboxConfig};
use tokio::time::Instant;

use super::alone::{self, resident};
use super::chance::moment;
use super::world::{Result, World, set, within};

const CUTS: u64 = 20;
const DOWN: Duration = Duration::from_secs(60);
/// States that are set while the network is down, and while it is up.
const EACH: u64 = 100;

/// Loses the network again and again, states being set all the time. How long after the network was back
/// the first message came, each time.
async fn cuts(cut: impl Fn(u64, &FaultProxy)) -> Result<Vec<Duration>> {
    let world = World::new().await?;
    let (proxy, device) = world.behind().await?;
    let mut waits = Vec::new();
    for round in 0..CUTS {
        let start = 2 * round * EACH;
        world.stream(&device, start..start + EACH).await?;
        // A connection that lasted.
        tokio::time::sleep(Duration::from_secs(61)).await;
        moment().await;
        cut(round, &proxy);
        let offline = Instant::now();
        for step in start + EACH..start + 2 * EACH {
            within(1, set(&device, step as usize % 10, step / 10 + 1)).await??;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep_until(offline + DOWN).await;
        proxy.restore();
        let up = Instant::now();
        let before = world.broker.look(Ledger::published);
        within(300, world.broker.wait(|ledger| ledger.published() > before)).await?;
        waits.push(up.elapsed());
        world.stream(&device, 0..0).await?;
    }
    let figures = world.judge(2 * CUTS * EACH);
    assert_eq!((figures.lost, figures.inversions, figures.stale), (0, 0, 0), "{figures:?}");
    waits.sort_unstable();
    println!("C04: {figures:?}, back after {waits:?}");
    drop(proxy);
    world.end(device).await?;
    Ok(waits)
}

#[tokio::test(start_paused = true)]
async fn c04_a_network_that_is_down_for_a_minute_loses_nothing() -> Result {
    let waits = cuts(|_, proxy| proxy.cut()).await?;
    assert!(waits.iter().all(|wait| *wait <= LONGEST + Duration::from_secs(2)), "{waits:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c04_a_network_that_swallows_everything_for_a_minute_loses_nothing() -> Result {
    let waits = cuts(|_, proxy| proxy.set_blackhole(true)).await?;
    assert!(waits.iter().all(|wait| *wait <= LONGEST + Duration::from_secs(2)), "{waits:?}");
    Ok(())
}

#[derive(Device, Clone)]
#[device(model = "urn:test:notes:2")]
struct Notes {
    #[asset(kind = "sensor")]
    note: String,
}

/// So many notes of so many bytes to a broker that reads 1 KiB a second, and, after some minutes, as it should. How many
/// messages it has read until then, and on how many connections all.
async fn slow_reader(notes: usize, bytes: usize) -> Result<(usize, usize)> {
    let world = World::new().await?;
    let first = Notes { note: String::new() };
    let device = world.platform()?.device("NOTES-1", first).connect().await?;
    world.broker.read_slowly(Some(1024));
    let mut last = None;
    for number in 0..notes {
        let start = Instant::now();
        last = Some(device.set_note(format!("{number:0bytes$}")).await?);
        assert_eq!(start.elapsed(), Duration::ZERO, "the setter waits for nobody");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(device.stats().pending > notes / 2);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let read = world.broker.look(|ledger| ledger.published());
    world.broker.read_slowly(None);
    within(300, last.unwrap().delivered()).await??;
    let mut seen = vec![false; notes];
    let connects = world.broker.look(|ledger| {
        for (_, publish) in ledger.publishes().filter(|(_, it)| it.topic.ends_with("/note/state")) {
            let value: serde_json::Value = serde_json::from_slice(&publish.payload).unwrap();
            let number = value["value"].as_str().and_then(|note| note.parse::<usize>().ok());
            if let Some(number) = number {
                seen[number] = true;
            }
        }
        ledger.connects().count()
    });
    println!("C08: {notes} of {bytes} bytes: {read} messages in 300 s, {connects} connections");
    assert!(seen.iter().all(|seen| *seen), "lost: {}", seen.iter().filter(|seen| !**seen).count());
    world.end(device).await?;
    Ok((read, connects))
}

#[tokio::test(start_paused = true)]
async fn c08_a_broker_that_hardly_reads_holds_no_setter_up() -> Result {
    slow_reader(5_000, 100).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn c08_a_broker_that_hardly_reads_gets_large_messages_one_by_one() -> Result {
    // Each takes a minute: it is acknowledged late, and would never be if that were taken for silence.
    let (read, connects) = slow_reader(120, 60_000).await?;
    assert!(read >= 4 && connects == 1, "{read} read, {connects} connections");
    Ok(())
}

/// What may wait, where the oldest go for what is new.
#[derive(Device, Clone)]
#[device(model = "urn:test:notes:3")]
struct Passing {
    #[asset(kind = "sensor", overflow = "drop-oldest")]
    note: String,
}

#[test]
fn c08_what_a_broker_does_not_read_takes_no_more_memory_than_may_wait() {
    let text = alone::run("faults::network::c08_in_a_process_of_its_own", "C08");
    assert!(text.contains("C08, memory"), "{text}");
}

#[tokio::test(start_paused = true)]
#[ignore = "run by the test above"]
async fn c08_in_a_process_of_its_own() -> Result {
    const MIB: usize = 1024;
    const MAY_WAIT: usize = 4 * MIB;
    // What is on its way to the socket, what the broker has written down, and what the allocator keeps.
    const BESIDE: usize = 4 * MIB;
    let world = World::new().await?;
    let outbox = OutboxConfig::new().messages(100_000).bytes(MAY_WAIT * 1024);
    let platform = world.platform()?.outbox(outbox);
    let device = platform.device("NOTES-1", Passing { note: String::new() }).connect().await?;
    world.broker.read_slowly(Some(1024));
    let before = resident();
    let mut most = before;
    for number in 0..20_000 {
        let start = Instant::now();
        device.set_note(format!("{number:01000}")).await?;
        assert_eq!(start.elapsed(), Duration::ZERO, "the setter waits for nobody");
        tokio::time::sleep(Duration::from_millis(20)).await;
        if number % 100 == 0 {
            most = most.max(resident());
        }
    }
    let (grown, stats) = (most - before, device.stats());
    println!("C08, memory: {grown} KiB more, {MAY_WAIT} KiB may wait; {stats:?}");
    assert!(stats.dropped > 10_000, "{stats:?}");
    assert!(grown <= MAY_WAIT + BESIDE, "{grown} KiB");
    Ok(())
}
