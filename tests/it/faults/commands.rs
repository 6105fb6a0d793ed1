//! Commands that are too large, nonsense, or come twice; and acknowledgements of those that take long.

use std::time::Duration;

use edge_runtime::Host;
use edge_runtime::testing::{Cut, Ledger, LedgerBroker, Publish};
use edge_tests::Logs;
use serde_json::Value;
use tokio::time::Instant;
use tracing::Level;

use super::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, GreenhouseDevice, SN};
use crate::observability::recorder;

const VENT: &str = "device/GH-1/asset/vent/command";
/// More than the device reads.
const OVERSIZED: usize = 17 * 1024 * 1024;

async fn greenhouse(world: &World) -> Result<GreenhouseDevice> {
    Ok(world.platform()?.device(SN, Greenhouse::new()).handler(Driver).connect().await?)
}

fn command(id: &str, value: u8) -> String {
    format!(r#"{{"id":"{id}","value":{value}}}"#)
}

/// The outcomes of a command.
fn outcomes(ledger: &Ledger, id: &str) -> Vec<Value> {
    let outcome = |publish: &Publish| serde_json::from_slice::<Value>(&publish.payload).unwrap();
    let all = ledger.publishes().filter(|(_, publish)| publish.topic.ends_with("/outcome"));
    all.map(|(_, publish)| outcome(publish)).filter(|outcome| outcome["id"] == id).collect()
}

async fn outcome(broker: &LedgerBroker, id: &str) -> Value {
    broker.wait(|ledger| !outcomes(ledger, id).is_empty()).await;
    broker.look(|ledger| outcomes(ledger, id).remove(0))
}

/// Which of the broker's messages the device has acknowledged, in its order.
fn acknowledged(ledger: &Ledger) -> Vec<u16> {
    ledger.acknowledged().map(|(_, packet_id)| *packet_id).collect()
}

/// Something that cannot be read comes with every connection, until the session is given up, with all that waits in it.
/// Then the next command runs.
#[tokio::test(start_paused = true)]
async fn h02_a_session_that_cannot_be_read_is_given_up_after_three_connections() -> Result {
    let world = World::new().await?;
    let device = greenhouse(&world).await?;
    let start = Instant::now();
    for connection in 1..=3 {
        within(60, world.broker.wait(|ledger| ledger.connects().count() == connection)).await?;
        while !device.is_online() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        world.broker.send(&b"\xf0\0"[..]);
    }
    // Once to forget, and then for good.
    within(300, world.broker.wait(|ledger| ledger.connects().count() == 5)).await?;
    within(10, world.broker.wait(|ledger| ledger.subscribes().count() == 2)).await?;
    world.broker.publish(VENT, command("good", 4));
    let outcome = within(10, outcome(&world.broker, "good")).await?;
    println!("H02: {outcome:?} after {:?}", start.elapsed());
    assert_eq!(outcome["status"], "applied");
    world.broker.look(|ledger| assert_eq!(ledger.connects().count(), 5));
    world.end(device).await
}

/// Brokers that speak MQTT 5 as well say DISCONNECT to whom another program with the same client id displaces, although MQTT
/// 3.1.1 has no such word. It was taken for what cannot be read: after three of them the session was given up, with
/// the commands that waited in it.
#[tokio::test(start_paused = true)]
async fn h02_a_broker_that_says_disconnect_keeps_its_session() -> Result {
    let world = World::new().await?;
    let log = Logs::capture_from(Level::WARN);
    let device = greenhouse(&world).await?;
    for (index, goodbye) in
        [&b"\xe0\x02\x8e\0"[..], b"\xe0\0", b"\xe0\x01\x8b", b"\xe0\0"].into_iter().enumerate()
    {
        within(60, world.broker.wait(|ledger| ledger.connects().count() == index + 1)).await?;
        while !device.is_online() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        world.broker.send(goodbye);
    }
    within(300, world.broker.wait(|ledger| ledger.connects().count() == 5)).await?;
    world.broker.look(|ledger| {
        assert!(ledger.connects().all(|(_, connect)| !connect.clean_session), "the session was given up");
    });
    let said = log.text();
    assert!(said.contains("the broker has ended the connection (DISCONNECT)"), "{said}");
    assert!(said.contains("perhaps another program uses the client id"), "{said}");
    assert!(!said.contains("cannot be read"), "{said}");
    world.end(device).await
}

/// It is answered and acknowledged, and what waits behind it is not lost: no connection ends because of it.
#[tokio::test(start_paused = true)]
async fn h03_a_command_that_is_too_large_for_the_client_is_not_poison() -> Result {
    let world = World::new().await?;
    let device = greenhouse(&world).await?;
    for (id, behind) in [("large", "good"), ("again", "better")] {
        let start = Instant::now();
        world.broker.publish(VENT, format!(r#"{{"id":"{id}","value":"{}"}}"#, "x".repeat(OVERSIZED)));
        world.broker.publish(VENT, command(behind, 4));
        assert_eq!(within(10, outcome(&world.broker, behind)).await?["status"], "applied");
        assert_eq!(outcome(&world.broker, id).await["status"], "rejected");
        println!("H03: {behind} after {:?}", start.elapsed());
    }
    within(10, world.broker.wait(|ledger| acknowledged(ledger) == [1, 2, 3, 4])).await?;
    world.broker.look(|ledger| assert_eq!(ledger.connects().count(), 1));
    assert_eq!((device.stats().applied, device.stats().rejected), (2, 2));
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn h03_a_large_command_that_the_client_reads_is_refused_and_passes() -> Result {
    let world = World::new().await?;
    let device = greenhouse(&world).await?;
    world.broker.publish(VENT, format!(r#"{{"id":"large","value":"{}"}}"#, "x".repeat(8 * 1024 * 1024)));
    world.broker.publish(VENT, command("good", 4));
    assert_eq!(within(10, outcome(&world.broker, "good")).await?["status"], "applied");
    world.broker.look(|ledger| assert_eq!(ledger.connects().count(), 1));
    assert_eq!(device.stats().rejected, 1);
    world.end(device).await
}

/// Commands on topics that are none of the device's, and a good one behind each.
async fn odd_topics(topics: &[&[u8]]) -> Result {
    let recorder = recorder()?;
    let _local = metrics::set_default_local_recorder(&recorder);
    let world = World::new().await?;
    let device = greenhouse(&world).await?;
    for (index, topic) in topics.iter().enumerate() {
        let id = format!("good{index}");
        world.broker.publish(topic, command("odd", 1));
        world.broker.publish(VENT, command(&id, 4));
        let outcome = within(10, outcome(&world.broker, &id)).await;
        println!("H04: {:?}: {}", topic.escape_ascii().to_string(), outcome.is_ok());
        assert_eq!(outcome?["status"], "applied");
    }
    let all: Vec<u16> = (1..).take(2 * topics.len()).collect();
    within(10, world.broker.wait(|ledger| acknowledged(ledger) == all)).await?;
    world.broker.look(|ledger| assert_eq!(ledger.connects().count(), 1));
    let figures = recorder.handle().render();
    let ignored =
        figures.lines().find_map(|line| line.strip_prefix("edge_ignored_total{")?.split(' ').next_back());
    let ignored: u64 = ignored.unwrap_or("0").parse()?;
    println!("H04: {ignored} ignored, {:?}", device.stats());
    let (odd, stats) = (topics.len() as u64, device.stats());
    assert_eq!((stats.applied, stats.rejected + stats.repeated + ignored), (odd, odd), "each is counted");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn h04_topics_that_nobody_knows_are_ignored_and_acknowledged() -> Result {
    odd_topics(&[
        b"device/GH-1/asset/none/command",
        b"device/GH-1/asset//command",
        "device/GH-1/asset/\u{202e}tnev/command".as_bytes(),
        b"device/GH-1/asset/a b\x01/command",
        b"device/GH-1/command",
    ])
    .await
}

/// Brokers keep what they were sent. It comes once, is acknowledged, and never again.
#[tokio::test(start_paused = true)]
async fn h04_a_topic_that_is_not_text_costs_no_connection() -> Result {
    odd_topics(&[
        b"device/GH-1/asset/\xff\xfe/command",
        b"device/GH-1/asset/vent\xc3/command",
        b"device/GH-1/asset/a\0b/command",
        b"device/GH-1/asset/+/command",
        b"device/GH-1/asset/#/command",
    ])
    .await
}

#[tokio::test(start_paused = true)]
async fn h09_a_command_that_comes_twice_runs_once() -> Result {
    let world = World::new().await?;
    let device = greenhouse(&world).await?;
    world.broker.publish_twice(VENT, command("twice", 4));
    within(10, world.broker.wait(|ledger| outcomes(ledger, "twice").len() == 2)).await?;
    let answers = world.broker.look(|ledger| outcomes(ledger, "twice"));
    assert_eq!(answers[0], answers[1], "the second answer is the first, from memory");
    assert_eq!((device.stats().applied, device.stats().repeated), (1, 1));
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn h09_a_command_that_was_not_acknowledged_before_the_cut_runs_once() -> Result {
    let world = World::new().await?;
    let device = greenhouse(&world).await?;
    // The hanging one is on its way to its timeout; the other waits behind it, unacknowledged.
    world.broker.publish(VENT, command("hangs", 77));
    world.broker.publish(VENT, command("again", 4));
    tokio::time::sleep(Duration::from_secs(29)).await;
    world.broker.cut(Cut::Reset);
    assert_eq!(within(60, outcome(&world.broker, "again")).await?["status"], "applied");
    within(60, world.broker.wait(|ledger| acknowledged(ledger).len() >= 2)).await?;
    assert_eq!((device.stats().applied, device.stats().timed_out), (1, 1), "{:?}", device.stats());
    assert_eq!(device.stats().repeated, 2);
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn h10_a_command_whose_handler_did_not_finish_comes_again_after_a_restart() -> Result {
    let world = World::new().await?;
    let device = greenhouse(&world).await?;
    world.broker.publish(VENT, command("interrupted", 77));
    tokio::time::sleep(Duration::from_secs(1)).await;
    // The handler is still running when its time is up.
    within(60, device.close()).await??;
    world.broker.look(|ledger| assert!(acknowledged(ledger).is_empty()));

    let device = greenhouse(&world).await?;
    assert_eq!(within(60, outcome(&world.broker, "interrupted")).await?["status"], "timeout");
    within(10, world.broker.wait(|ledger| acknowledged(ledger) == [1])).await?;
    assert_eq!(device.stats().timed_out, 1, "its handler ran again");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn h11_handlers_that_finish_out_of_order_are_acknowledged_in_order() -> Result {
    let world = World::new().await?;
    let host = Host::new(&world.platform()?, "GATEWAY-1")?;
    let mut devices = Vec::new();
    for sn in ["SLOW-1", "QUICK-1"] {
        devices.push(host.device(sn, Greenhouse::new()).handler(Driver).connect().await?);
    }
    world.broker.publish("device/SLOW-1/asset/vent/command", command("slow", 77));
    for number in 0..20 {
        world.broker.publish("device/QUICK-1/asset/vent/command", command(&format!("quick{number}"), number));
    }
    within(10, outcome(&world.broker, "quick19")).await?;
    world.broker.look(|ledger| assert!(acknowledged(ledger).is_empty(), "the slow one was the first"));
    within(60, outcome(&world.broker, "slow")).await?;
    let all: Vec<u16> = (1..=21).collect();
    within(10, world.broker.wait(|ledger| acknowledged(ledger).len() == 21)).await?;
    world.broker.look(|ledger| assert_eq!(acknowledged(ledger), all));
    world.end_with(async move { host.close().await }).await
}
