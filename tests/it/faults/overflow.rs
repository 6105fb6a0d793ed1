//! What becomes of states for which there is no room, or no time.

use std::time::Duration;

use edge_platform::Embedded;
use edge_proto::payload;
use edge_runtime::testing::{Cut, FaultProxy, LedgerBroker, MemoryPlatform, SteadyClock};
use edge_runtime::{Change, DeliveryError, Device, HandlerResult, OutboxConfig, Platform, Receipt};
use edge_tests::Http;

use super::chance;
use super::quiet::Quiet;
use super::world::{Result, within};

const SN: &str = "TANK-1";

/// An asset for each rule.
#[derive(Device, Clone, Debug, Default)]
struct Tank {
    #[asset(kind = "sensor", capacity = 1000)]
    wait: u64,
    #[asset(kind = "sensor", capacity = 1000, overflow = "drop-oldest")]
    oldest: u64,
    #[asset(kind = "sensor", capacity = 1000, overflow = "drop-newest")]
    newest: u64,
    #[asset(kind = "sensor", overflow = "latest")]
    latest: u64,
    #[asset(kind = "sensor", retention = "discard")]
    discard: u64,
    #[asset(kind = "sensor", expiry = "30s")]
    brief: u64,
    #[asset(kind = "sensor", capacity_bytes = 10_000, overflow = "drop-oldest")]
    text: String,
    #[asset(kind = "sensor", qos = 0)]
    unsure: u64,
    #[asset(kind = "actuator", timeout = "2s")]
    valve: u8,
}

/// Turns a valve that is stuck.
struct Stuck;

impl TankHandler for Stuck {
    async fn on_valve(&mut self, _: &TankDevice, _: Change<u8>) -> HandlerResult<u8> {
        std::future::pending().await
    }
}

/// A tank whose platform is away, and the platform; and how it was before.
async fn alone() -> Result<(MemoryPlatform, TankDevice, Quiet)> {
    alone_with(OutboxConfig::new()).await
}

async fn alone_with(config: OutboxConfig) -> Result<(MemoryPlatform, TankDevice, Quiet)> {
    chance::sow();
    let quiet = Quiet::now();
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let builder = memory.platform().outbox(config).device(SN, Tank::default());
    let tank = builder.handler(Stuck).start_offline(true).connect().await?;
    Ok((memory, tank, quiet))
}

/// The states of an asset that were told on its topic: the value, and how many were dropped before it.
fn told(memory: &MemoryPlatform, asset: &str) -> Vec<(String, u64)> {
    let topic = format!("device/{SN}/asset/{asset}/state");
    let messages = memory.messages().into_iter().filter(|message| message.topic == topic);
    let state = |payload: &[u8]| {
        let state = payload::read_state(payload).unwrap();
        (state.value.unwrap().get().to_owned(), state.dropped)
    };
    messages.map(|message| state(&message.payload)).collect()
}

/// What the first whole state says of an asset.
fn told_at_the_start(memory: &MemoryPlatform, asset: &str) -> Result<(String, u64)> {
    let topic = format!("device/{SN}/state");
    let message = memory.messages().into_iter().find(|message| message.topic == topic).ok_or("none")?;
    let states = payload::read_states(&message.payload)?.into_iter();
    let (_, state) = states.into_iter().find(|(name, _)| name == asset).ok_or("not in it")?;
    Ok((state.value.ok_or("no value")?.get().to_owned(), state.dropped))
}

fn values(memory: &MemoryPlatform, asset: &str) -> Vec<u64> {
    told(memory, asset).into_iter().map(|(value, _)| value.parse().unwrap()).collect()
}

async fn delivered(memory: &MemoryPlatform, tank: &TankDevice) -> Result {
    memory.set_registry_away(false);
    within(3600, async {
        while tank.stats().pending > 0 || !tank.is_online() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn r12_of_the_oldest_those_go_for_which_there_is_no_room() -> Result {
    let (memory, tank, quiet) = alone().await?;
    let mut receipts = Vec::new();
    for value in 1..=10_000 {
        receipts.push(within(1, tank.set_oldest(value)).await??);
    }
    assert_eq!((tank.stats().dropped, tank.oldest()), (9_000, 10_000));
    delivered(&memory, &tank).await?;
    assert_eq!(values(&memory, "oldest"), (9_001..=10_000).collect::<Vec<_>>());
    let dropped: Vec<u64> = told(&memory, "oldest").into_iter().map(|(_, dropped)| dropped).collect();
    assert_eq!(
        (dropped[0], dropped[1..].iter().sum::<u64>()),
        (9_000, 0),
        "told before the first that is left"
    );
    let fates = futures_util::future::join_all(receipts.into_iter().map(Receipt::delivered)).await;
    assert!(fates[..9_000].iter().all(|fate| *fate == Err(DeliveryError::Dropped)));
    assert!(fates[9_000..].iter().all(|fate| *fate == Ok(())));
    quiet.close(tank, memory).await
}

#[tokio::test(start_paused = true)]
async fn r12_of_the_newest_those_go_for_which_there_is_no_room() -> Result {
    let (memory, tank, quiet) = alone().await?;
    for value in 1..=10_000 {
        within(1, tank.set_newest(value)).await??;
    }
    assert_eq!((tank.stats().dropped, tank.newest()), (9_000, 10_000));
    delivered(&memory, &tank).await?;
    assert_eq!(values(&memory, "newest"), (1..=1_000).collect::<Vec<_>>());
    // The device has the last one, and says so when it says how all is; and how many are missing before it.
    assert_eq!(memory.state(SN, "newest"), Some(10_000.into()));
    assert_eq!(told_at_the_start(&memory, "newest")?, ("10000".to_owned(), 9_000));
    tank.set_newest(20_000).await?.delivered().await?;
    assert_eq!(told(&memory, "newest").last(), Some(&("20000".to_owned(), 0)));
    quiet.close(tank, memory).await
}

#[tokio::test(start_paused = true)]
async fn r12_of_the_latest_there_is_never_more_than_one() -> Result {
    let (memory, tank, quiet) = alone().await?;
    for value in 1..=10_000 {
        within(1, tank.set_latest(value)).await??;
        tank.update(|tank| tank.latest += 100_000).await?;
    }
    assert_eq!(tank.stats().dropped, 19_999);
    assert_eq!(tank.stats().pending, 1);
    delivered(&memory, &tank).await?;
    assert_eq!(told(&memory, "latest"), [("110000".to_owned(), 19_999)]);
    quiet.close(tank, memory).await
}

#[tokio::test(start_paused = true)]
async fn r12_v52_without_a_word_setters_wait_for_room_of_their_own_asset() -> Result {
    let (memory, tank, quiet) = alone().await?;
    for value in 1..=1_000 {
        within(1, tank.set_wait(value)).await??;
    }
    let (waiting, device) = (tank.set_wait(1_001), tank.clone());
    assert!(within(5, waiting).await.is_err(), "there is no room");
    assert_eq!(device.wait(), 1_000, "and nothing was set");
    within(1, device.set_brief(1)).await??;
    let waiting = device.clone();
    let all = tokio::spawn(async move {
        for value in 1_001..=10_000 {
            waiting.set_wait(value).await?;
        }
        Ok::<_, edge_runtime::SetError>(())
    });
    memory.set_registry_away(false);
    within(3600, all).await???;
    delivered(&memory, &device).await?;
    assert_eq!(values(&memory, "wait"), (1..=10_000).collect::<Vec<_>>());
    assert_eq!(device.stats().dropped, 0);
    quiet.close(tank, (device, memory)).await
}

#[tokio::test(start_paused = true)]
async fn r12_a_full_outbox_is_no_fuller_with_assets_that_may_drop() -> Result {
    let (memory, tank, quiet) = alone_with(OutboxConfig::new().messages(500)).await?;
    for value in 1..=300 {
        within(1, tank.set_brief(value)).await??;
    }
    for value in 1..=1_000 {
        within(1, tank.set_oldest(value)).await??;
        within(1, tank.set_newest(value)).await??;
        within(1, tank.set_latest(value)).await??;
    }
    assert!(tank.stats().pending <= 500, "{:?}", tank.stats());
    assert!(within(1, tank.set_unsure(1)).await.is_err(), "who waits, waits");
    delivered(&memory, &tank).await?;
    assert_eq!(values(&memory, "oldest").last(), Some(&1_000));
    quiet.close(tank, memory).await
}

#[tokio::test(start_paused = true)]
async fn r12_bytes_count_as_well() -> Result {
    let (memory, tank, quiet) = alone().await?;
    for value in 0..100 {
        tank.set_text(format!("{value:0>936}")).await?;
    }
    // With quotes and what an entry is besides, about 1,000 bytes each.
    let texts = tank.stats().pending;
    assert!((10..=11).contains(&texts), "{texts}");
    delivered(&memory, &tank).await?;
    let told = told(&memory, "text");
    assert_eq!(told.len(), texts);
    assert!(told.last().unwrap().0.ends_with("99\""));
    quiet.close(tank, memory).await
}

#[tokio::test(start_paused = true)]
async fn r11_what_has_expired_is_not_delivered_and_all_else_is() -> Result {
    let (memory, tank, quiet) = alone().await?;
    let mut receipts = Vec::new();
    for value in 1..=60 {
        receipts.push(tank.set_brief(value).await?);
        tank.set_wait(value).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let expired = tank.stats().expired;
    assert!((30..=31).contains(&expired), "{expired}");
    memory.set_registry_away(false);
    delivered(&memory, &tank).await?;
    let brief = values(&memory, "brief");
    let expired = tank.stats().expired;
    assert_eq!(brief, (expired + 1..=60).collect::<Vec<_>>());
    assert!(expired >= 30);
    assert_eq!(told(&memory, "brief")[0].1, expired, "the first that is left tells of them");
    assert_eq!(values(&memory, "wait"), (1..=60).collect::<Vec<_>>());
    let fates = futures_util::future::join_all(receipts.into_iter().map(Receipt::delivered)).await;
    assert_eq!(fates.iter().filter(|fate| **fate == Err(DeliveryError::Expired)).count() as u64, expired);
    quiet.close(tank, memory).await
}

#[tokio::test(start_paused = true)]
async fn r11_what_expires_on_its_way_is_not_sent_again() -> Result {
    chance::sow();
    let quiet = Quiet::now();
    let memory = MemoryPlatform::new();
    let tank = memory.platform().device(SN, Tank::default()).handler(Stuck).connect().await?;
    memory.withhold_acknowledgements(true);
    let receipt = tank.set_brief(1).await?;
    memory.message(|message| message.topic.ends_with("brief/state")).await;
    tokio::time::sleep(Duration::from_secs(31)).await;
    memory.withhold_acknowledgements(false);
    memory.cut();
    assert_eq!(within(60, receipt.delivered()).await?, Err(DeliveryError::Expired));
    tank.set_wait(1).await?.delivered().await?;
    assert_eq!(values(&memory, "brief"), [1], "sent once");
    quiet.close(tank, memory).await
}

#[tokio::test(start_paused = true)]
async fn v48_what_is_to_be_discarded_is_sent_only_while_there_is_a_connection() -> Result {
    let (memory, tank, quiet) = alone().await?;
    let receipt = tank.set_discard(1).await?;
    assert_eq!(receipt.delivered().await, Err(DeliveryError::Dropped));
    delivered(&memory, &tank).await?;
    tank.set_discard(2).await?.delivered().await?;
    assert_eq!(told_at_the_start(&memory, "discard")?, ("1".to_owned(), 1));
    assert_eq!(told(&memory, "discard"), [("2".to_owned(), 0)]);
    assert_eq!(tank.stats().dropped, 1);
    quiet.close(tank, memory).await
}

#[tokio::test(start_paused = true)]
async fn qos_0_is_sent_once() -> Result {
    let _clock = SteadyClock::start();
    let quiet = Quiet::now();
    let broker = LedgerBroker::start().await?;
    let platform = MemoryPlatform::new().with_broker(&broker.url())?;
    let tank = platform.device(SN, Tank::default()).handler(Stuck).connect().await?;
    within(60, async {
        tank.set_unsure(7).await?.delivered().await.map_err(Box::<dyn std::error::Error>::from)
    })
    .await??;
    tank.update(|tank| (tank.unsure, tank.wait) = (8, 1)).await?.delivered().await?;
    let sent = broker.look(|ledger| {
        let sent = |topic: &str| {
            ledger
                .publishes()
                .filter(|(_, publish)| publish.topic == topic)
                .map(|(_, it)| it.packet_id)
                .collect::<Vec<_>>()
        };
        (sent("device/TANK-1/asset/unsure/state"), sent("device/TANK-1/state"))
    });
    assert_eq!(sent.0, [0], "QoS 0 has no packet id");
    assert!(sent.1.iter().all(|packet_id| *packet_id > 0), "a transaction is as sure as the surest of it");
    quiet.close(tank, broker).await
}

#[tokio::test(start_paused = true)]
async fn h06_a_handler_has_the_time_that_its_asset_gives_it() -> Result {
    let quiet = Quiet::now();
    let memory = MemoryPlatform::new();
    let tank = memory.platform().device(SN, Tank::default()).handler(Stuck).connect().await?;
    let begin = tokio::time::Instant::now();
    memory.publish("device/TANK-1/asset/valve/command", r#"{"id":"1","value":5}"#);
    let outcome = memory.message(|message| message.topic == "device/TANK-1/outcome").await;
    assert!(
        outcome.text().contains(r#""status":"timeout""#) && outcome.text().contains("within 2s"),
        "{}",
        outcome.text()
    );
    assert_eq!(begin.elapsed().as_secs(), 2);
    quiet.close(tank, memory).await
}

/// One that may drop, and what is computed from it, of which nothing is said.
#[derive(Device, Clone, Debug, Default)]
struct Climate {
    #[asset(kind = "sensor", capacity = 10, overflow = "drop-oldest")]
    temperature: u64,
    #[asset(kind = "virtual", compute = twice(temperature))]
    twice: u64,
}

fn twice(value: u64) -> u64 {
    2 * value
}

#[tokio::test(start_paused = true)]
async fn r12_what_is_computed_has_no_more_room_than_all_else() -> Result {
    let quiet = Quiet::now();
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let platform = memory.platform().outbox(OutboxConfig::new().messages(100));
    let device = platform.device("CLIMATE-1", Climate::default()).start_offline(true).connect().await?;
    let mut accepted = 0;
    while accepted < 1_000 && within(1, device.set_temperature(accepted + 1)).await.is_ok() {
        accepted += 1;
    }
    assert!(accepted < 200 && device.stats().pending <= 101, "{accepted}: {:?}", device.stats());
    // What waits is not delivered, and told.
    let _ = device.close().await;
    drop((device, memory));
    quiet.end().await;
    Ok(())
}

/// What may go, each in another way: for want of room, of a connection, of time. All of it volatile.
#[derive(Device, Clone, Debug, Default)]
struct Losses {
    #[asset(kind = "sensor", capacity = 10, overflow = "drop-oldest")]
    oldest: u64,
    #[asset(kind = "sensor", capacity = 10, overflow = "drop-newest")]
    newest: u64,
    #[asset(kind = "sensor", retention = "discard")]
    discard: u64,
    #[asset(kind = "sensor", expiry = "1s")]
    brief: u64,
}

/// The device's figures and the platform's are the same, and both are what was set and did not arrive.
#[tokio::test]
async fn r07_what_a_volatile_outbox_loses_the_device_counts_and_the_platform_is_told() -> Result {
    chance::sow();
    let quiet = Quiet::now();
    let embedded = Embedded::start().await?;
    let network = FaultProxy::start(embedded.mqtt()).await?;
    let platform = Platform::at(embedded.connector_url(), format!("mqtt://{}", network.address())).build()?;
    let device = platform.device("LOSSES-1", Losses::default()).connect().await?;
    network.cut();
    while device.is_online() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for value in 1..=100 {
        device.set_oldest(value).await?;
        device.set_newest(value).await?;
        device.set_discard(value).await?;
        device.set_brief(value).await?;
    }
    // The first wait of a reconnection may be over sooner.
    while device.stats().expired < 100 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    network.restore();
    let http = Http::new(embedded.http_url());
    http.wait_for_state("LOSSES-1", "oldest", |value| *value == 100).await;
    while device.stats().pending > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // One more of each tells what nothing has told yet.
    for set in [device.set_newest(101), device.set_discard(101), device.set_brief(101)] {
        set.await?.delivered().await?;
    }
    http.wait_for_state("LOSSES-1", "brief", |value| *value == 101).await;
    let stats = device.stats();
    assert_eq!((stats.dropped, stats.expired), (90 + 90 + 100, 100), "{stats:?}");
    let figures = reqwest::get(format!("{}/metrics", embedded.http_url())).await?.text().await?;
    assert!(figures.contains("\nedge_platform_states_missed_total 380\n"), "{figures}");
    within(60, device.close()).await??;
    within(60, embedded.close()).await?;
    drop((device, network, http));
    quiet.end().await;
    Ok(())
}

/// The source's levels are numbers of tries: three, six, or without an end. Here what can pass is tried until it is acknowledged, and only
/// a time ends it.
#[tokio::test(start_paused = true)]
async fn v48_there_is_no_budget_of_tries_and_only_expiry_ends_them() -> Result {
    chance::sow();
    let _clock = SteadyClock::start();
    let quiet = Quiet::now();
    let broker = LedgerBroker::start().await?;
    let platform = MemoryPlatform::new().with_broker(&broker.url())?;
    let tank = platform.device(SN, Tank::default()).handler(Stuck).connect().await?;
    tank.set_wait(1).await?.delivered().await?;
    broker.refuse(&[3; 7]);
    broker.cut(Cut::Close);
    while tank.is_online() {
        tokio::task::yield_now().await;
    }
    let (waits, brief) = (tank.set_wait(2).await?, tank.set_brief(3).await?);
    let connects = |count| broker.wait(move |ledger| ledger.connects().count() == count);
    within(3600, connects(1 + 7)).await?;
    assert_eq!((tank.is_online(), tank.stats().pending > 0), (false, true));
    // And further tries, as many as it takes until its time is over.
    broker.withhold_connacks(usize::MAX);
    assert_eq!(within(3600, brief.delivered()).await?, Err(DeliveryError::Expired));
    broker.withhold_connacks(0);
    assert_eq!(within(3600, waits.delivered()).await?, Ok(()));
    assert_eq!((tank.stats().expired, tank.stats().dropped), (1, 0));
    quiet.close(tank, broker).await
}
