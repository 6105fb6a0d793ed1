//! Brokers that do not let a device say what it says.

use std::time::Duration;

use edge_runtime::Sending;
use edge_runtime::testing::{Ledger, LedgerBroker};
use edge_tests::Logs;
use tokio::time::Instant;
use tracing::Level;

use super::world::{Result, SN, World, set, within};

const LONG: Duration = Duration::from_secs(20 * 60);
/// How often a device connects in that time at most. Half a minute is the mean of the longest waits.
const CONNECTS: usize = 60;

fn connects_since(broker: &LedgerBroker, start: Instant) -> usize {
    broker.look(|ledger: &Ledger| ledger.connects().filter(|(record, _)| record.at >= start).count())
}

#[tokio::test(start_paused = true)]
async fn c09_a_message_that_is_not_allowed_is_no_storm_and_its_reason_is_guessed() -> Result {
    let world = World::new().await?;
    let log = Logs::capture_from(Level::WARN);
    let device = world.ten().await?;
    let mut errors = device.errors();
    world.broker.forbid(&format!("device/{SN}/asset/a3/state"));
    let start = Instant::now();
    let refused = set(&device, 3, 1).await?;
    set(&device, 4, 1).await?;
    tokio::time::sleep(LONG).await;
    let connects = connects_since(&world.broker, start);
    println!("C09: {connects} connections in {LONG:?}");
    assert!(connects <= CONNECTS, "{connects}");
    assert!(log.text().contains("the device is not allowed to say what it says"), "{:?}", log.text());
    // And whoever asks for errors is told: not which of them it is, which nobody says, but how much waits.
    let told = async {
        loop {
            let error = errors.recv().await.ok_or("the device runs")?;
            if error.to_string().contains("is not allowed to say what it says") {
                return Result::Ok(error);
            }
        }
    };
    let error = within(1, told).await??;
    assert!(error.will_be_retried(), "{error}");
    assert!(matches!(error.sending, Sending::Waiting { messages } if messages >= 2), "{error}");

    // Nothing is thrown away meanwhile: who gives the permission gets it all.
    world.broker.allow_all();
    within(120, refused.delivered()).await??;
    let figures = world.judge_last(&[(3, 1), (4, 1)]);
    assert_eq!((figures.lost, figures.stale), (0, 0), "{figures:?}");
    world.end(device).await
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
