//! Connections that are not made, do not last, or are only said to be there.

use std::time::Duration;

use edge_proto::payload::{Presence, PresenceStatus};
use edge_runtime::backoff::{LONGEST, SPREAD};
use edge_runtime::link::LinkError;
use edge_runtime::testing::{Connect, Cut, Event, Ledger};
use edge_runtime::{ConnectError, ErrorCause, ErrorEvent, Platform};
use tokio::time::Instant;

use super::chance::moment;
use super::world::{Result, SN, Ten, TenDevice, World, set, within};

/// How long the device waits for a CONNACK.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long the device waits for an acknowledgement. It looks once a second.
const ACKNOWLEDGED: Duration = Duration::from_secs(10);

/// The times at which the broker had a CONNECT.
fn connects(ledger: &Ledger) -> Vec<Instant> {
    ledger.connects().map(|(record, _)| record.at).collect()
}

pub(super) fn between(times: &[Instant]) -> Vec<Duration> {
    times.windows(2).map(|two| two[1] - two[0]).collect()
}

/// Starts a device that waits for its broker.
pub(super) async fn patient(platform: &Platform) -> std::result::Result<TenDevice, ConnectError> {
    platform.device(SN, Ten::default()).startup_timeout(Duration::from_secs(3600)).connect().await
}

#[tokio::test(start_paused = true)]
async fn c01_a_broker_that_does_not_answer_is_asked_ever_less_often() -> Result {
    let world = World::new().await?;
    world.broker.withhold_connacks(5);
    let device = patient(&world.platform()?).await?;
    // A good connection resets the backoff.
    tokio::time::sleep(Duration::from_secs(61)).await;
    world.broker.withhold_connacks(5);
    world.broker.cut(Cut::Reset);
    world.broker.wait(|ledger| ledger.connects().count() >= 12).await;
    within(60, set(&device, 0, 1).await?.delivered()).await??;

    let times = world.broker.look(connects);
    assert_eq!(times.len(), 12);
    let waits = |times: &[Instant]| -> Vec<Duration> {
        between(times).into_iter().map(|time| time - CONNECT_TIMEOUT).collect()
    };
    let (first, second) = (waits(&times[..6]), waits(&times[6..]));
    println!("C01: {first:?}, then {second:?}");
    for (attempt, wait) in first.iter().chain(&second).enumerate() {
        // The second time, the cut itself was the first attempt.
        let attempt = attempt % 5 + attempt / 5;
        let ceiling = SPREAD.saturating_mul(1 << attempt).min(LONGEST);
        assert!((Duration::from_secs(1)..=ceiling).contains(wait), "{attempt}: {wait:?}");
    }
    let mut all = [first, second].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 10, "no two are equal");
    world.end(device).await
}

/// The waits after connections that are broken as soon as they are there.
async fn short_lived(times: usize) -> Result<Vec<Duration>> {
    let world = World::new().await?;
    let device = world.ten().await?;
    moment().await;
    world.broker.cut_on_connect(times);
    world.broker.cut(Cut::Close);
    world.broker.wait(|ledger| ledger.connects().count() == times + 2).await;
    within(60, set(&device, 0, 1).await?.delivered()).await??;
    let waits = between(&world.broker.look(connects)[1..]);
    println!("C02: {waits:?}");
    world.end(device).await?;
    Ok(waits)
}

#[tokio::test(start_paused = true)]
async fn c02_v49_a_mere_connack_does_not_reset_the_backoff() -> Result {
    let waits = short_lived(10).await?;
    assert_eq!(waits.len(), 10);
    assert!(waits.iter().all(|wait| *wait <= LONGEST), "{waits:?}");
    // Of four waits of up to a minute, all below 8 s is one case in three thousand; ten times over, none.
    let late: Duration = waits[6..].iter().sum();
    assert!(late > Duration::from_secs(24) || late > waits[..3].iter().sum::<Duration>() * 3, "{waits:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c02_every_reconnect_waits_a_second() -> Result {
    for _ in 0..5 {
        let waits = short_lived(10).await?;
        assert!(waits.iter().all(|wait| *wait >= Duration::from_secs(1)), "{waits:?}");
    }
    Ok(())
}

/// Waits until the device knows that it is offline. Returns how long that took.
async fn noticed(device: &TenDevice) -> Result<Duration> {
    let start = Instant::now();
    within(600, async {
        while device.is_online() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await?;
    Ok(start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn c05_a_network_that_swallows_everything_is_noticed() -> Result {
    let world = World::new().await?;
    let (proxy, device) = world.behind().await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    moment().await;
    proxy.set_blackhole(true);
    let took = noticed(&device).await?;
    println!("C05: noticed after {took:?}, keep-alive {KEEP_ALIVE:?}");
    assert!(took <= 2 * KEEP_ALIVE + Duration::from_secs(1), "{took:?}");
    let receipt = set(&device, 0, 7).await?;
    proxy.restore();
    within(130, receipt.delivered()).await??;
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c05_a_broker_that_is_stopped_is_noticed() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    moment().await;
    world.broker.stall(true);
    let took = noticed(&device).await?;
    println!("C05, stopped: noticed after {took:?}");
    assert!(took <= 2 * KEEP_ALIVE + Duration::from_secs(1), "{took:?}");
    let receipt = set(&device, 0, 7).await?;
    world.broker.stall(false);
    within(130, receipt.delivered()).await??;
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c05_with_states_on_their_way_it_is_noticed_by_the_watchdog() -> Result {
    let world = World::new().await?;
    let (proxy, device) = world.behind().await?;
    moment().await;
    proxy.set_blackhole(true);
    let receipt = set(&device, 0, 7).await?;
    let took = noticed(&device).await?;
    println!("C05, states on their way: noticed after {took:?}");
    proxy.restore();
    within(130, receipt.delivered()).await??;
    assert!(took <= ACKNOWLEDGED + Duration::from_secs(1), "{took:?}");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c10_refusals_that_waiting_does_not_cure_end_the_start_with_their_reason() -> Result {
    for (code, words) in [
        (1, "does not speak MQTT 3.1.1"),
        (2, "client id is not accepted"),
        (4, "token is not accepted"),
        (5, "token is not authorized"),
    ] {
        let world = World::new().await?;
        world.broker.refuse(&[code]);
        let start = Instant::now();
        let error = patient(&world.platform()?).await.map(drop).unwrap_err();
        let ConnectError::Link(link) = &error else { panic!("{error:?}") };
        assert!(matches!(&**link, LinkError::Refused { reason, .. } if reason.contains(words)), "{link}");
        assert!(start.elapsed() <= Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(world.broker.look(|ledger| ledger.connects().count()), 1);
        world.end_without().await;
    }
    Ok(())
}

/// Its token was revoked while it ran.
#[tokio::test(start_paused = true)]
async fn c10_a_running_device_says_once_that_it_is_refused_and_tries_once_a_minute() -> Result {
    const TIMES: usize = 10;
    let world = World::new().await?;
    let device = world.ten().await?;
    let mut errors = device.errors();
    world.broker.refuse(&[5; TIMES]);
    world.broker.cut(Cut::Close);
    let receipt = set(&device, 0, 7).await?;
    let after = |times: usize| world.broker.wait(move |ledger| ledger.connects().count() > times);
    let broken = within(1, errors.recv()).await?.ok_or("the device runs")?;
    assert!(matches!(link(&broken), Some(LinkError::Connection { .. })), "{broken:?}");
    within(60, after(1)).await?;
    let refused = within(1, errors.recv()).await?.ok_or("the device runs")?;
    assert!(matches!(link(&refused), Some(LinkError::Refused { .. })), "{refused:?}");
    assert!(refused.will_be_retried() && refused.to_string().contains("not authorized"), "{refused}");

    // Another node, perhaps, which does not answer; then this one again.
    within(60 * 60, after(TIMES / 2)).await?;
    world.broker.withhold_connacks(1);
    within(60 * 60, after(TIMES + 2)).await?;
    let times = world.broker.look(connects);
    let short = between(&times[1..]).into_iter().filter(|wait| *wait < LONGEST).count();
    assert!(short <= 1, "only after the one that said nothing: {times:?}");
    // Nothing is given up meanwhile, and nothing said again.
    within(5, receipt.delivered()).await??;
    assert!(within(1, errors.recv()).await.is_err());
    world.end(device).await
}

fn link(event: &ErrorEvent) -> Option<&LinkError> {
    match &event.cause {
        ErrorCause::Disconnected(error) => Some(error),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn c10_a_broker_that_is_unavailable_is_tried_again() -> Result {
    let world = World::new().await?;
    world.broker.refuse(&[3, 3, 3]);
    let device = patient(&world.platform()?).await?;
    assert_eq!(world.broker.look(|ledger| ledger.connects().count()), 4);
    world.end(device).await
}

fn presence(payload: &[u8]) -> Presence {
    serde_json::from_slice(payload).unwrap()
}

#[tokio::test(start_paused = true)]
async fn c16_a_device_that_dies_is_said_to_be_dead_and_its_next_life_is_newer() -> Result {
    let world = World::new().await?;
    let (proxy, device) = world.behind().await?;
    moment().await;
    let start = Instant::now();
    proxy.set_blackhole(true);
    world.broker.wait(|ledger| ledger.wills().next().is_some()).await;
    let (took, will) = world.broker.look(|ledger| {
        let (record, will) = ledger.wills().next().unwrap();
        (record.at - start, presence(&will.payload))
    });
    println!("C16: the will was said after {took:?}");
    assert!(took <= KEEP_ALIVE * 3 / 2, "{took:?}");
    assert_eq!((will.status, will.session), (PresenceStatus::Offline, 1));

    // Its successor, while it still thinks that it lives.
    let successor = world.ten().await?;
    let topic = format!("device/{SN}/presence");
    let birth = |ledger: &Ledger| {
        let births = ledger.publishes().filter(|(_, publish)| publish.topic == topic);
        births.map(|(_, publish)| presence(&publish.payload)).max_by_key(|birth| birth.session)
    };
    let birth = world.broker.look(birth).unwrap();
    assert_eq!((birth.status, birth.session), (PresenceStatus::Online, 2), "an old will is older than it");
    // It has nothing that it could not deliver but its goodbye.
    within(60, device.close()).await??;
    drop((device, proxy));
    world.end(successor).await
}

#[tokio::test(start_paused = true)]
async fn c16_a_device_that_is_closed_says_so_itself_and_leaves_no_will() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    within(10, device.close()).await??;
    world.broker.wait(|ledger| ledger.records().iter().any(|it| matches!(it.event, Event::Disconnect))).await;
    world.broker.look(|ledger| {
        let Connect { will, clean_session, .. } = ledger.connects().next().unwrap().1;
        assert!(will.as_ref().unwrap().retain && !clean_session);
        assert_eq!(ledger.wills().count(), 0);
        let (_, last) = ledger.publishes().last().unwrap();
        assert_eq!(presence(&last.payload).status, PresenceStatus::Offline);
        assert!(last.retain);
        assert!(matches!(ledger.records().last().unwrap().event, Event::Disconnect));
    });
    world.end(device).await
}
