//! The platform asks a device to say again how it is.

use std::time::Duration;

use edge_proto::payload::ANNOUNCE;
use edge_runtime::testing::Ledger;
use tokio::time::Instant;

use super::world::{ASSETS, Result, SN, World, states, within};
use crate::model::{Driver, Greenhouse};

const GREENHOUSE: &str = crate::model::SN;

/// When the whole state of a device came, and how many states it had.
fn announcements(ledger: &Ledger, device: &str) -> Vec<(Instant, usize)> {
    let topic = format!("device/{device}/state");
    let whole = ledger.publishes().filter(|(_, publish)| publish.topic == topic);
    whole.map(|(record, publish)| (record.at, publish.text().matches(r#""at":"#).count())).collect()
}

#[tokio::test(start_paused = true)]
async fn c18_the_whole_state_comes_within_a_second() -> Result {
    let world = World::new().await?;
    let device = world.ten().await?;
    let before = world.broker.look(|ledger| announcements(ledger, SN).len());
    for round in 1..=20 {
        // Whatever the time since the last one.
        tokio::time::sleep(Duration::from_millis(137 * round)).await;
        let asked = Instant::now();
        let told = before + round as usize;
        world.broker.publish(format!("device/{SN}/command"), ANNOUNCE);
        within(5, world.broker.wait(|ledger| announcements(ledger, SN).len() >= told)).await?;
        assert!(asked.elapsed() <= Duration::from_secs(1), "{round}: {:?}", asked.elapsed());
    }
    world.broker.look(|ledger| {
        let last = ledger.publishes().last().unwrap().1;
        assert_eq!(states(last).len(), ASSETS, "every asset: {}", last.text());
    });
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c18_a_flood_of_requests_is_answered_twice_a_second() -> Result {
    const FLOOD: usize = 1_000;
    let world = World::new().await?;
    let device = world.ten().await?;
    let before = world.broker.look(|ledger| announcements(ledger, SN).len());
    let start = Instant::now();
    for _ in 0..FLOOD {
        world.broker.publish(format!("device/{SN}/command"), ANNOUNCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    within(60, world.broker.wait(|ledger| ledger.acknowledged().count() == FLOOD)).await?;
    let flood = start.elapsed();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let said: Vec<Instant> = world.broker.look(|ledger| {
        let said = announcements(ledger, SN).into_iter().skip(before);
        said.map(|(at, _)| at).collect()
    });
    println!("C18: {} answers to {FLOOD} requests in {flood:?}", said.len());
    let last = *said.last().unwrap();
    assert!(last >= start + flood - Duration::from_secs(1), "also the last request is answered");
    for (index, first) in said.iter().enumerate() {
        let second = said[index..].iter().filter(|at| **at - *first < Duration::from_secs(1)).count();
        assert!(second <= 2, "{second} in the second from {:?}", *first - start);
    }
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn c18_a_handler_that_is_busy_does_not_keep_the_state_back() -> Result {
    let world = World::new().await?;
    let device = world.platform()?.device(GREENHOUSE, Greenhouse::new()).handler(Driver).connect().await?;
    let before = world.broker.look(|ledger| announcements(ledger, GREENHOUSE).len());
    world.broker.publish(format!("device/{GREENHOUSE}/asset/vent/command"), r#"{"id":"hangs","value":77}"#);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = Instant::now();
    world.broker.publish(format!("device/{GREENHOUSE}/command"), ANNOUNCE);
    within(60, world.broker.wait(|ledger| announcements(ledger, GREENHOUSE).len() > before)).await?;
    println!("C18, behind a handler that hangs: {:?}", asked.elapsed());
    assert!(asked.elapsed() <= Duration::from_secs(1), "{:?}", asked.elapsed());
    world.end(device).await
}
