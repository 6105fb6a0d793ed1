//! Nothing that was accepted is lost, whatever the broker does about it.

use std::collections::BTreeSet;
use std::future::Future;
use std::task::Context;
use std::time::Duration;

use edge_runtime::testing::{Cut, Event, FaultProxy, Ledger};
use edge_runtime::{CloseError, Device, SetError};
use edge_tests::bench;

use super::chance::moment;
use super::quiet::Quiet;
use super::world::{ASSETS, Result, WINDOW, World, first_deliveries, set, within};

const MANY: u64 = 100_000;

#[tokio::test(start_paused = true)]
async fn r01_three_lost_sessions_lose_nothing() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    world.broker.cut_after(&[MANY as usize / 4; 3], Cut::Forget);
    world.stream(&device, 0..MANY).await?;
    let figures = world.judge(MANY);
    println!("R01: {figures:?}");
    assert_eq!((figures.lost, figures.inversions, figures.stale, figures.connects), (0, 0, 0, 4));
    assert_eq!(figures.unmarked, 0, "what may be there already says so");
    // The table of faults says 300: three windows of rumqttc's. What was lost first may come again last, so it is not counted
    // for each connection.
    assert!(figures.duplicates <= 3 * WINDOW, "{figures:?}");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn r02_three_kept_sessions_send_again_with_dup_and_the_same_packet_id() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    world.broker.cut_after(&[MANY as usize / 4; 3], Cut::Close);
    world.stream(&device, 0..MANY).await?;
    let figures = world.judge(MANY);
    println!("R02: {figures:?}");
    assert_eq!((figures.lost, figures.inversions, figures.stale, figures.connects), (0, 0, 0, 4));
    // What was on its way when a connection broke comes again on the next one, and nothing else: a window at most, each time.
    assert!((1..=WINDOW).contains(&figures.at_once), "{figures:?}");
    assert!(figures.duplicates as u64 <= device.stats().retried, "{figures:?}, {:?}", device.stats());
    assert_eq!((figures.unmarked, figures.renumbered), (0, 0));
    world.end(device).await
}

/// Breaks the connection again and again, after five messages that are sent again.
async fn broken_replay(cut: Cut) -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    let mut cuts = vec![5; 11];
    cuts[0] = fastrand::usize(300..800);
    world.broker.cut_after(&cuts, cut);
    world.stream(&device, 0..2_000).await?;
    let figures = world.judge(2_000);
    println!("R03, {cut:?}: {figures:?}");
    assert_eq!((figures.lost, figures.inversions, figures.stale, figures.connects), (0, 0, 0, 12));
    assert_eq!(figures.unmarked, 0, "{figures:?}");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn r03_a_replay_that_breaks_ten_times_keeps_the_order_on_a_kept_session() -> Result {
    broken_replay(Cut::Reset).await
}

#[tokio::test(start_paused = true)]
async fn r03_a_replay_that_breaks_ten_times_keeps_the_order_on_lost_sessions() -> Result {
    broken_replay(Cut::Forget).await
}

/// What is said once.
#[derive(Device, Clone)]
struct Once {
    #[asset(qos = 0)]
    text: String,
}

async fn nothing_waits(device: &OnceDevice) -> Result {
    within(60, async {
        while device.stats().pending > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn r15_what_is_said_once_and_stands_in_a_socket_does_not_hold_up_a_kept_session() -> Result {
    let world = World::new().await?;
    let proxy = FaultProxy::start(world.broker.address()).await?;
    let platform = world.memory.with_broker(&format!("mqtt://{}", proxy.address()))?;
    let device = platform.device("ONCE-1", Once { text: String::new() }).connect().await?;
    // From here on nothing waits for an acknowledgement.
    nothing_waits(&device).await?;
    proxy.set_blackhole(true);
    // Far more than sockets take.
    for _ in 0..100 {
        device.set_text("x".repeat(200_000)).await?;
    }
    tokio::time::sleep(Duration::from_secs(300)).await;
    proxy.set_blackhole(false);
    within(120, device.set_text("last".to_owned()).await?.delivered()).await??;
    nothing_waits(&device).await?;
    assert!(world.broker.look(|ledger| ledger.connects().count()) >= 2);
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn r15_an_acknowledgement_that_never_comes_is_noticed() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    moment().await;
    world.broker.withhold_puback(1);
    let start = tokio::time::Instant::now();
    let receipt = set(&device, 0, 1).await?;
    // The others go on meanwhile.
    for value in 1..=9 {
        within(5, set(&device, 1, value).await?.delivered()).await??;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    within(60, receipt.delivered()).await??;
    println!("R15: noticed and sent again after {:?}", start.elapsed());
    assert!(start.elapsed() <= Duration::from_secs(20), "{:?}", start.elapsed());
    let again = |ledger: &Ledger| {
        let withheld = ledger.publishes().filter(|(_, publish)| publish.topic.ends_with("/asset/a0/state"));
        (ledger.connects().count(), withheld.map(|(_, publish)| publish.dup).collect::<Vec<_>>())
    };
    assert_eq!(world.broker.look(again), (2, vec![false, true]));
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn r15_the_other_assets_go_on_while_an_acknowledgement_does_not_come() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    world.broker.withhold_puback(1);
    let receipt = set(&device, 0, 1).await?;
    // Far more than there are packet ids in the client's window.
    for value in 1..=3_000 {
        set(&device, 1, value).await?;
    }
    within(10, set(&device, 1, 3_001).await?.delivered()).await??;
    world.broker.release_pubacks();
    within(10, receipt.delivered()).await??;
    assert_eq!(world.broker.look(|ledger| ledger.connects().count()), 1);
    world.end(device).await
}

async fn in_any_order(states: u64) -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    world.broker.shuffle_pubacks(100);
    world.stream(&device, 0..states).await?;
    let figures = world.judge(states);
    let mut told = bench::Figures::default();
    told.tell("R16: states, acknowledged in any order", states as f64, "");
    told.at_most("R16: lost", figures.lost as f64, 0.0, "");
    told.at_most("R16: twice, overtaken or stale", figures.disorder() as f64, 0.0, "");
    told.at_most("R16: connections", figures.connects as f64, 1.0, "");
    world.end(device).await?;
    Ok(told.met()?)
}

#[tokio::test(start_paused = true)]
async fn r16_acknowledgements_in_any_order_are_all_right() -> Result {
    in_any_order(MANY).await
}

#[tokio::test(start_paused = true)]
#[ignore = "long: a million states take half a minute in a debug build"]
async fn r16_a_million_acknowledgements_in_any_order_are_all_right() -> Result {
    in_any_order(1_000_000).await
}

#[tokio::test(start_paused = true)]
async fn r17_strange_acknowledgements_cost_a_connection_at_most() -> Result {
    for packet_id in [0, 1, 300, 1_024, 60_000] {
        let world = World::new().await?;
        let device = world.ten().await?;
        world.stream(&device, 0..500).await?;
        world.broker.acknowledge(packet_id);
        world.stream(&device, 500..1_000).await?;
        let figures = world.judge(1_000);
        println!("R17, packet id {packet_id}: {figures:?}");
        assert_eq!((figures.lost, figures.inversions, figures.stale), (0, 0, 0), "{packet_id}");
        assert!(
            figures.connects <= 2 && figures.unmarked + figures.renumbered == 0,
            "{packet_id}: {figures:?}"
        );
        world.end(device).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn r17_an_acknowledgement_that_comes_twice_costs_a_connection_at_most() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    world.broker.acknowledge_twice(1);
    world.stream(&device, 0..1_000).await?;
    let figures = world.judge(1_000);
    println!("R17, twice: {figures:?}");
    assert_eq!((figures.lost, figures.inversions, figures.stale), (0, 0, 0));
    assert!(figures.connects <= 2, "{figures:?}");
    world.end(device).await
}

#[derive(Device, Clone)]
#[device(model = "urn:test:notes:1")]
struct Notes {
    #[asset(kind = "sensor")]
    note: String,
    #[asset(kind = "sensor")]
    count: u32,
}

#[tokio::test(start_paused = true)]
async fn r18_a_value_that_is_too_large_is_refused_by_the_setter() -> Result {
    let world = World::new().await?;
    let device =
        world.platform()?.device("NOTES-1", Notes { note: String::new(), count: 0 }).connect().await?;
    let limit = edge_proto::payload::MAX_BYTES;
    let before = device.set_count(1).await?;
    for bytes in [limit, limit + 1, 64 * limit] {
        let error = device.set_note("x".repeat(bytes)).await.unwrap_err();
        assert!(matches!(error, SetError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("bytes, the limit is"), "{error}");
    }
    // The largest that is accepted arrives.
    let mut fits = limit;
    while device.set_note("y".repeat(fits)).await.is_err() {
        fits -= 16;
    }
    let after = device.set_count(2).await?;
    for receipt in [before, after] {
        within(10, receipt.delivered()).await??;
    }
    println!("R18: {fits} bytes of text fit");
    world.broker.look(|ledger| {
        let largest = ledger.publishes().map(|(_, publish)| publish.payload.len()).max();
        assert!((fits..=limit).contains(&largest.unwrap()), "{largest:?}");
        assert_eq!(ledger.connects().count(), 1);
    });
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn r20_closing_delivers_what_is_queued_and_says_goodbye() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    // Otherwise most of it has gone before the last is set.
    world.broker.withhold_pubacks(true);
    for step in 0..5_000 {
        set(&device, step % ASSETS, step as u64 / 10 + 1).await?;
    }
    let queued = device.stats().pending;
    world.broker.withhold_pubacks(false);
    world.broker.release_pubacks();
    let start = tokio::time::Instant::now();
    within(10, device.close()).await??;
    println!("R20: {queued} queued, closed after {:?}", start.elapsed());
    assert!(queued > 4_000 && start.elapsed() <= Duration::from_secs(5), "{queued} {:?}", start.elapsed());
    let figures = world.judge(5_000);
    assert_eq!((figures.lost, figures.stale, figures.connects), (0, 0, 1));
    world.broker.wait(|ledger| matches!(ledger.records().last().unwrap().event, Event::Disconnect)).await;
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn r20_closing_does_not_wait_for_the_backoff() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    moment().await;
    world.broker.cut(Cut::Forget);
    while device.is_online() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for step in 0..100 {
        set(&device, step % ASSETS, step as u64 / 10 + 1).await?;
    }
    // The shortest backoff is a second.
    let start = tokio::time::Instant::now();
    within(10, device.close()).await??;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let figures = world.judge(100);
    assert_eq!((figures.lost, figures.stale, figures.connects), (0, 0, 2));
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn r20_closing_without_a_broker_takes_no_longer_and_says_what_is_lost() -> Result {
    let World { broker, memory, .. } = World::new().await?;
    let _clock = edge_runtime::testing::SteadyClock::start();
    let platform = memory.with_broker(&broker.url())?;
    let device = platform.device(super::world::SN, super::world::Ten::default()).connect().await?;
    drop(broker);
    for step in 0..5_000 {
        set(&device, step % ASSETS, step as u64 / 10 + 1).await?;
    }
    let start = tokio::time::Instant::now();
    let closed = within(60, device.close()).await?;
    println!("R20, without a broker: {closed:?} after {:?}", start.elapsed());
    assert!(matches!(closed, Err(CloseError::Undelivered { count }) if count >= 5_000), "{closed:?}");
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());
    Ok(())
}

/// Sets one asset from 64 tasks, so many times from each.
async fn concurrently(each: u64) -> Result {
    const TASKS: u64 = 64;
    let quiet = Quiet::now();
    let broker = edge_runtime::testing::LedgerBroker::start().await?;
    let platform = edge_runtime::testing::MemoryPlatform::new().with_broker(&broker.url())?;
    let device = platform.device(super::world::SN, super::world::Ten::default()).connect().await?;
    let setters: Vec<_> = (0..TASKS)
        .map(|task| {
            let device = device.clone();
            tokio::spawn(async move {
                for step in 1..=each {
                    set(&device, 0, task * each + step).await?;
                }
                Ok::<_, SetError>(())
            })
        })
        .collect();
    for setter in setters {
        setter.await??;
    }
    let last = device.a0();
    within(60, device.close()).await??;
    let delivered = broker.look(|ledger| first_deliveries(ledger, "a0"));
    assert!(delivered.is_sorted_by(|one, next| one.0 < next.0), "the sequence numbers are the order");
    assert_eq!(delivered.last().unwrap().1, last, "and its last is the device's value");
    let overtook_itself = |task: &u64| {
        let own = delivered.iter().map(|(_, value)| *value);
        let own = own.filter(|value| (task * each + 1..=(task + 1) * each).contains(value));
        !own.is_sorted()
    };
    let values: BTreeSet<u64> = delivered.iter().map(|(_, value)| *value).collect();
    let (all, there) = (TASKS * each, values.len() as u64);
    let mut figures = bench::Figures::default();
    figures.tell(&format!("R21: states of {TASKS} tasks"), all as f64, "");
    figures.at_most("R21: lost", (all - there) as f64, 0.0, "");
    figures.at_most("R21: in the order twice", (delivered.len() as u64 - there) as f64, 0.0, "");
    let overtaken = (0..TASKS).filter(overtook_itself).count();
    figures.at_most("R21: tasks that have overtaken themselves", overtaken as f64, 0.0, "");
    figures.met()?;
    drop((device, broker));
    quiet.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r21_concurrent_setters_are_one_order() -> Result {
    concurrently(300).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "long: 640,000 states take half a minute in a debug build"]
async fn r21_many_concurrent_setters_are_one_order() -> Result {
    concurrently(10_000).await
}

#[tokio::test(start_paused = true)]
async fn r22_a_setter_that_is_dropped_has_set_nothing() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    within(10, set(&device, 0, 1).await?.delivered()).await??;
    world.broker.withhold_pubacks(true);
    let mut accepted = 1;
    // Full, at some point.
    while let Ok(result) = tokio::time::timeout(Duration::from_millis(1), set(&device, 0, accepted + 1)).await
    {
        result?;
        accepted += 1;
    }
    let waker = futures_util::task::noop_waker();
    for round in 0_u64..200 {
        let mut setter = Box::pin(set(&device, 0, 1_000_000 + round));
        for _ in 0..round % 3 {
            assert!(setter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
    }
    let waiting = device.clone();
    let one_more =
        tokio::spawn(
            async move { set(&waiting, 0, 2_000_000).await?.delivered().await.map_err(|_| closed()) },
        );
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!one_more.is_finished());
    world.broker.withhold_pubacks(false);
    world.broker.release_pubacks();
    within(60, one_more).await???;
    let delivered = world.broker.look(|ledger| first_deliveries(ledger, "a0"));
    let expected: Vec<u64> = (1..=accepted).chain([2_000_000]).collect();
    let values: Vec<u64> = delivered.iter().map(|(_, value)| *value).collect();
    assert_eq!(values, expected);
    let numbers = delivered.windows(2).all(|two| two[1].0 == two[0].0 + 1);
    assert!(numbers, "the sequence numbers have no gaps");
    println!("R22: {accepted} accepted, 200 dropped, none of them was sent");
    world.end(device).await
}

fn closed() -> SetError {
    SetError::Closed { device: super::world::SN.to_owned() }
}
