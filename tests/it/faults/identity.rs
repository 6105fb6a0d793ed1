//! Two programs with one client id.

use std::collections::HashMap;
use std::time::Duration;

use edge_proto::payload::Presence;
use edge_runtime::testing::Ledger;
use edge_tests::Logs;
use tokio::time::Instant;
use tracing::Level;

use super::world::{Result, World, set, within};

/// When each of the two connected: they are told apart by the session in their last wills.
fn connects(ledger: &Ledger) -> HashMap<u64, Vec<Instant>> {
    let mut times = HashMap::<u64, Vec<Instant>>::new();
    for (record, connect) in ledger.connects() {
        let will: Presence = serde_json::from_slice(&connect.will.as_ref().unwrap().payload).unwrap();
        times.entry(will.session).or_default().push(record.at);
    }
    times
}

#[tokio::test(start_paused = true)]
async fn c14_two_programs_with_one_client_id_do_not_storm_the_broker_and_say_why() -> Result {
    let world = World::new().await?;
    let log = Logs::capture_from(Level::WARN);
    let (one, other) = (world.ten().await?, world.ten().await?);
    // Both go on setting.
    for value in 1..=1_200 {
        set(&one, 0, value).await?;
        set(&other, 1, value).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let times = world.broker.look(connects);
    assert_eq!(times.len(), 2);
    for (session, times) in times {
        let minute = |from: &Instant| {
            times.iter().filter(|at| **at >= *from && **at - *from < Duration::from_secs(60)).count()
        };
        let most = times.iter().map(minute).max().unwrap();
        println!("C14: the one of session {session}: {} connects, {most} in a minute", times.len());
        assert!(most <= 6, "{times:?}");
    }
    assert!(
        log.text().contains("perhaps another program uses the client id `edge-TEN-1`"),
        "{:?}",
        log.text()
    );

    // As soon as there is one, it is at rest, and nothing of it is lost.
    let _ = within(60, other.close()).await?;
    drop(other);
    within(120, set(&one, 0, 1_201).await?.delivered()).await??;
    let before = world.broker.look(|ledger| ledger.connects().count());
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(world.broker.look(|ledger| ledger.connects().count()), before);
    // Which of the two is right, nobody can say: the younger session is the newer.
    let figures = world.judge_last(&[(0, 1_201)]);
    assert_eq!(figures.lost, 0, "{figures:?}");
    world.end(one).await
}
