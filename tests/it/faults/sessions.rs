//! Sessions that a broker keeps, has lost, or says something untrue of; and the subscriptions that go with them.

use std::time::Duration;

use edge_proto::payload;
use edge_runtime::ConnectError;
use edge_runtime::link::LinkError;
use edge_runtime::testing::{Cut, Event, Ledger};
use tokio::time::Instant;

use super::connection::{between, patient};
use super::world::{ASSETS, Figures, Result, SN, TenDevice, World, set, within};

/// A device whose connection was cut and is back. On its first connection the broker kept what was said to it.
async fn resumed(world: &World) -> Result<TenDevice> {
    let device = world.ten().await?;
    world.broker.cut(Cut::Close);
    world.broker.publish(format!("device/{SN}/command"), payload::ANNOUNCE);
    let back = |ledger: &Ledger| ledger.acknowledged().any(|(record, _)| record.connection == 1);
    within(60, world.broker.wait(back)).await?;
    Ok(device)
}

#[tokio::test(start_paused = true)]
async fn c11_what_was_sent_to_a_kept_session_arrives() -> Result {
    let world = World::new().await?;
    let device = resumed(&world).await?;
    let announced = format!("device/{SN}/state");
    world
        .broker
        .wait(|ledger| {
            let mut after = ledger.publishes().filter(|(record, _)| record.connection == 1);
            after.any(|(_, publish)| publish.topic == announced)
        })
        .await;
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c11_a_kept_session_is_not_subscribed_again() -> Result {
    let world = World::new().await?;
    let device = resumed(&world).await?;
    within(60, set(&device, 0, 1).await?.delivered()).await??;
    let subscribes = world
        .broker
        .look(|ledger| ledger.subscribes().map(|(record, _)| record.connection).collect::<Vec<_>>());
    assert_eq!(subscribes, [0]);
    assert!(device.is_online());
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c11_broken_connections_do_not_pile_up_what_is_said_on_the_next() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    // Each is broken before the presence is acknowledged.
    world.broker.cut_after(&[1; 6], Cut::Close);
    world.broker.cut(Cut::Close);
    let back = |ledger: &Ledger| ledger.connects().count() == 8;
    within(600, world.broker.wait(back)).await?;
    within(60, set(&device, 0, 1).await?.delivered()).await??;
    let said = world.broker.look(|ledger| {
        let last = ledger.publishes().filter(|(record, _)| record.connection == 7);
        last.filter(|(_, publish)| publish.topic.ends_with("/presence")).count()
    });
    println!("C11: {said} presences on the eighth connection");
    assert!(said <= 2, "{said}");
    world.end(device).await
}

/// What a device has said, in order, on its second connection.
fn said_at_last(ledger: &Ledger) -> Vec<String> {
    let after = ledger.records().iter().filter(|record| record.connection == 1);
    let said = after.filter_map(|record| match &record.event {
        Event::Subscribe(_) => Some("subscribe".to_owned()),
        Event::Publish(publish) => Some(publish.topic.replace(&format!("device/{SN}/"), "")),
        _ => None,
    });
    said.collect()
}

/// What a device says, in order, on a connection with a new session.
async fn said_to_a_new_session() -> Result<Vec<String>> {
    let world = World::new().await?;
    let device = world.ten().await?;
    within(60, set(&device, 3, 33).await?.delivered()).await??;
    world.broker.cut(Cut::Forget);
    let state = format!("device/{SN}/state");
    let told = |ledger: &Ledger| {
        let mut after = ledger.publishes().filter(|(record, _)| record.connection == 1);
        after.any(|(_, publish)| publish.topic == state && publish.text().contains("33"))
    };
    within(60, world.broker.wait(told)).await?;
    let said = world.broker.look(said_at_last);
    println!("C12: {said:?}");
    world.end(device).await?;
    Ok(said)
}

#[tokio::test(start_paused = true)]
async fn c12_a_new_session_is_subscribed_announced_and_told_all_states() -> Result {
    let said = said_to_a_new_session().await?;
    assert!(said.contains(&"subscribe".to_owned()), "{said:?}");
    let topics: Vec<_> = said.iter().filter(|said| *said != "subscribe").collect();
    assert_eq!(topics, ["presence", "state"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c12_the_subscription_is_sent_before_anything_else() -> Result {
    assert_eq!(said_to_a_new_session().await?[0], "subscribe");
    Ok(())
}

/// How many states are on their way when a broker says something untrue of its session.
const IN_FLIGHT: u64 = 50;

/// A device whose states are all on their way; then its connection breaks, and the next one has this session. Returns what became
/// of them.
async fn told_of_the_session(world: &World, lie: impl FnOnce()) -> Result<(TenDevice, Figures)> {
    let device = world.ten().await?;
    within(60, set(&device, 0, 1).await?.delivered()).await??;
    world.broker.withhold_pubacks(true);
    let said = world.broker.look(|ledger| ledger.publishes().count());
    for step in 1..IN_FLIGHT {
        set(&device, step as usize % ASSETS, step / ASSETS as u64 + 1).await?;
    }
    let all = |ledger: &Ledger| ledger.publishes().count() == said + IN_FLIGHT as usize - 1;
    within(60, world.broker.wait(all)).await?;
    lie();
    world.broker.withhold_pubacks(false);
    world.broker.cut(Cut::Close);
    world.stream(&device, IN_FLIGHT..2 * IN_FLIGHT).await?;
    let figures = world.judge(2 * IN_FLIGHT);
    println!("C11, C12: {figures:?}");
    assert_eq!((figures.lost, figures.inversions, figures.stale, figures.connects), (0, 0, 0, 2));
    // Each of them comes again, once.
    assert_eq!(figures.duplicates as u64, IN_FLIGHT - 1);
    Ok((device, figures))
}

/// It has forgotten all, and says that it has not: what it had not acknowledged is nowhere but at the device.
#[tokio::test(start_paused = true)]
async fn c11_a_session_that_is_lost_and_said_to_be_kept_loses_nothing() -> Result {
    let world = World::new().await?;
    let (device, figures) = told_of_the_session(&world, || {
        world.broker.forget_sessions();
        world.broker.set_session_present(true);
    })
    .await?;
    assert_eq!(figures.unmarked, 0, "as in a session that is kept");
    let said = world.broker.look(said_at_last);
    assert!(!said.contains(&"subscribe".to_owned()), "{said:?}");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c12_a_session_that_is_kept_and_said_to_be_lost_is_built_up_again() -> Result {
    let world = World::new().await?;
    let (device, _) = told_of_the_session(&world, || world.broker.set_session_present(false)).await?;
    let said = world.broker.look(said_at_last);
    assert_eq!(said[..2], ["subscribe", "presence"], "{said:?}");
    assert!(said.contains(&"state".to_owned()), "{said:?}");
    // And it hears again.
    world.broker.publish(format!("device/{SN}/command"), payload::ANNOUNCE);
    within(60, world.broker.wait(|ledger| ledger.acknowledged().count() == 1)).await?;
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c13_a_refused_subscription_is_an_error_at_the_start() -> Result {
    let world = World::new().await?;
    world.broker.refuse_subscriptions(1);
    let error = patient(&world.platform()?).await.map(drop).unwrap_err();
    let ConnectError::Link(link) = &error else { panic!("{error:?}") };
    assert!(matches!(&**link, LinkError::Subscription { filter, .. } if filter.contains(SN)), "{link}");
    world.end_without().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c13_a_subscription_that_is_refused_later_shows_on_the_device_and_is_asked_for_again() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    world.broker.refuse_subscriptions(3);
    world.broker.cut(Cut::Forget);
    for asked in 2..=4 {
        within(60, world.broker.wait(|ledger| ledger.subscribes().count() == asked)).await?;
        // The answer is on its way.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!device.is_online(), "its commands do not arrive");
        within(60, set(&device, 0, asked as u64).await?.delivered()).await??;
    }
    within(60, world.broker.wait(|ledger| ledger.subscribes().count() == 5)).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(device.is_online());
    let times: Vec<_> = world.broker.look(|ledger| ledger.subscribes().map(|(it, _)| it.at).collect());
    assert!(between(&times[1..]).iter().all(|wait| *wait >= Duration::from_secs(1)), "{times:?}");
    assert_eq!(world.broker.look(|ledger| ledger.connects().count()), 2, "the connection is good");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c13_a_subscription_that_is_always_refused_is_asked_for_ever_less_often() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    world.broker.refuse_subscriptions(usize::MAX);
    world.broker.cut(Cut::Forget);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let asked = world.broker.look(|ledger| ledger.subscribes().count());
    println!("C13: {asked} subscriptions in an hour");
    assert!((60..=180).contains(&asked), "{asked}");
    assert_eq!(world.broker.look(|ledger| ledger.connects().count()), 2);
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c13_a_subscription_that_is_not_answered_is_tried_again() -> Result {
    let world = World::new().await?;
    // On the first connection it is asked for twice.
    world.broker.withhold_subacks(2);
    let start = Instant::now();
    let device = within(120, patient(&world.platform()?)).await??;
    println!("C13: online after {:?}", start.elapsed());
    assert!(start.elapsed() <= Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(world.broker.look(|ledger| (ledger.connects().count(), ledger.subscribes().count())), (2, 3));
    world.end(device).await
}

/// Only the next connection asked again, and the wait before it is not the first: that took up to 27 s.
#[tokio::test(start_paused = true)]
async fn c13_a_subscription_that_is_not_answered_later_is_asked_for_again() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    world.broker.withhold_subacks(1);
    world.broker.cut(Cut::Forget);
    let asked = |times: usize| move |ledger: &Ledger| ledger.subscribes().count() == times;
    within(60, world.broker.wait(asked(2))).await?;
    within(60, async {
        while !world.broker.look(asked(3)) {
            assert!(!device.is_online(), "its commands do not arrive");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await?;
    let times: Vec<_> = world.broker.look(|ledger| ledger.subscribes().map(|(it, _)| it.at).collect());
    let took = times[2] - times[1];
    println!("C13: asked again after {took:?}");
    assert!(took <= Duration::from_secs(20), "{took:?}");
    assert_eq!(world.broker.look(|ledger| ledger.connects().count()), 2, "on the same connection");
    // Answered, it is online and hears.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(device.is_online());
    world.broker.publish(format!("device/{SN}/command"), payload::ANNOUNCE);
    within(60, world.broker.wait(|ledger| ledger.acknowledged().count() == 1)).await?;
    world.end(device).await
}
