//! What has come together without a connection is delivered without standing in the way of what is new.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use edge_runtime::OutboxConfig;
use edge_runtime::testing::{FaultProxy, Ledger, LedgerBroker};
use edge_tests::{Process, bench};
use tokio::time::Instant;

use super::world::{ASSETS, Result, SN, TenDevice, WINDOW, World, set, states, within};

/// As many as an outbox holds unless it is told otherwise, but for some that are set on the connection.
const BACKLOG: u64 = 9_900;
/// Slow enough that the backlog takes half a minute.
const BYTES_PER_SECOND: u32 = 48 * 1024;

/// A device whose network is down, with a backlog of all assets but the first.
async fn offline(world: &World, backlog: u64) -> Result<(FaultProxy, TenDevice)> {
    let outbox = OutboxConfig::new().messages(backlog as usize + 100).bytes(64 << 20);
    let (proxy, device) = world.behind_with(outbox).await?;
    proxy.cut();
    within(60, async {
        while device.is_online() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await?;
    for step in 0..backlog {
        let asset = 1 + step as usize % (ASSETS - 1);
        within(1, set(&device, asset, step / (ASSETS as u64 - 1) + 1)).await??;
    }
    Ok((proxy, device))
}

/// When each value of an asset came first on its own topic.
fn arrivals(ledger: &Ledger, asset: &str) -> BTreeMap<u64, Instant> {
    let topic = format!("device/{SN}/asset/{asset}/state");
    let mut arrivals = BTreeMap::new();
    for (record, publish) in ledger.publishes().filter(|(_, publish)| publish.topic == topic) {
        for (_, _, value) in states(publish) {
            arrivals.entry(value).or_insert(record.at);
        }
    }
    arrivals
}

fn late(ledger: &Ledger) -> usize {
    ledger.publishes().filter(|(_, publish)| publish.text().contains(r#""historical":true"#)).count()
}

/// Sets new states while a backlog is delivered at this many bytes a second.
async fn beside(backlog: u64, rate: u32) -> Result {
    let world = World::new().await?;
    let (proxy, device) = offline(&world, backlog).await?;
    proxy.restore();
    proxy.set_rate(Some(rate));
    within(70, world.broker.wait(|ledger| late(ledger) > 0)).await?;
    let mut set_at = BTreeMap::new();
    for value in 1..=100 {
        set_at.insert(value, Instant::now());
        within(2, set(&device, 0, value)).await??;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let left = device.stats().pending;
    assert!(left > 1_000, "the backlog lasts longer than the test: {left}");
    while device.stats().pending > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (delays, late, in_flight) = world.broker.look(|ledger| {
        let arrived = arrivals(ledger, "a0");
        let mut delays: Vec<_> = set_at.iter().map(|(value, at)| arrived[value] - *at).collect();
        delays.sort_unstable();
        (delays, late(ledger), ledger.published())
    });
    println!("R14: {late} late of {in_flight}, new ones after {:?}, at most {:?}", delays[50], delays[99]);
    assert!(delays[99] <= Duration::from_secs(2), "{:?}", delays[99]);
    let figures = world.judge_last(&[(0, 100), (1, backlog.div_ceil(9)), (9, backlog / 9)]);
    assert_eq!((figures.lost, figures.inversions, figures.stale), (0, 0, 0), "{figures:?}");
    drop(proxy);
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn r14_what_is_new_does_not_wait_for_a_backlog() -> Result {
    beside(BACKLOG, BYTES_PER_SECOND).await
}

#[tokio::test(start_paused = true)]
#[ignore = "long: part of the soak"]
async fn r14_what_is_new_does_not_wait_for_a_backlog_of_a_hundred_thousand() -> Result {
    beside(100_000, 10 * BYTES_PER_SECOND).await
}

#[tokio::test(start_paused = true)]
async fn r14_a_backlog_is_on_its_way_in_portions() -> Result {
    let world = World::new().await?;
    let (proxy, device) = offline(&world, BACKLOG).await?;
    let before = world.broker.look(Ledger::published);
    world.broker.withhold_pubacks(true);
    proxy.restore();
    within(70, world.broker.wait(|ledger| ledger.connects().count() == 2)).await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let in_flight = world.broker.look(Ledger::published) - before;
    println!("R14: {in_flight} of {BACKLOG} on their way");
    assert_eq!(in_flight, WINDOW);
    world.broker.withhold_pubacks(false);
    world.broker.release_pubacks();
    while device.stats().pending > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(proxy);
    world.end(device).await
}

/// In a program of its own, with as many threads as there are processors.
#[tokio::test]
#[ignore = "long: a hundred thousand states, and up to half a minute before the connection"]
async fn r14_a_backlog_takes_no_more_than_one_processor() -> Result {
    const BACKLOG: usize = 100_000;
    let broker = LedgerBroker::start().await?;
    let proxy = FaultProxy::start(broker.address()).await?;
    proxy.cut();
    let mut command = Command::new(env!("CARGO_BIN_EXE_backlog"));
    command.arg(format!("mqtt://{}", proxy.address())).arg(BACKLOG.to_string());
    let mut process = Process::start(&mut command)?;
    within(300, process.out.wait_for(|line| line == "waits")).await?;
    proxy.restore();
    let line = within(300, process.out.wait_for(|line| line.starts_with("delivered"))).await?;
    let times: Vec<f64> = line.split(' ').skip(1).map(str::parse).collect::<std::result::Result<_, _>>()?;
    let [took, cpu] = times[..] else { return Err(line.into()) };
    assert!(process.wait().await?.success(), "{}", process.err.text());
    let mut figures = bench::Figures::default();
    figures.tell(&format!("R14: {BACKLOG} late states delivered after"), took / 1e6, "s");
    figures.at_most("R14: processors that this takes", cpu / took, 1.0, "");
    Ok(figures.met()?)
}
