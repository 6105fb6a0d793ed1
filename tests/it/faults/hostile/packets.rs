//! Packets.

use std::time::{Duration, Instant};

use edge_runtime::testing::{Event, LedgerBroker, MemoryPlatform};
use futures_util::future::try_join_all;

use crate::faults::chance;
use crate::faults::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, SN};

/// What a broker says, of every kind.
fn packet(random: &mut fastrand::Rng) -> Vec<u8> {
    let publish = |topic: &str, id: Option<u16>, payload: &str| {
        let mut body = vec![(topic.len() >> 8) as u8, topic.len() as u8];
        body.extend(topic.bytes());
        body.extend(id.into_iter().flat_map(u16::to_be_bytes));
        body.extend(payload.bytes());
        let first = if id.is_some() { 0x32 } else { 0x30 };
        let mut packet = vec![first];
        let mut length = body.len();
        while length > 127 {
            packet.push(length as u8 | 0x80);
            length >>= 7;
        }
        packet.push(length as u8);
        packet.extend(body);
        packet
    };
    let id = random.u16(..);
    match random.u8(0..10) {
        0 => vec![0x20, 2, random.u8(0..2), random.u8(0..6)],
        1 => [&[0x40, 2][..], &id.to_be_bytes()].concat(),
        2 => [&[0x90, 3][..], &id.to_be_bytes(), &[random.u8(..)]].concat(),
        3 => [&[0xb0, 2][..], &id.to_be_bytes()].concat(),
        4 => vec![0xd0, 0],
        5 => [&[0x50, 2][..], &id.to_be_bytes()].concat(),
        6 => publish("device/GH-1/asset/vent/command", None, r#"{"id":"x","value":7}"#),
        7 => publish("device/GH-1/asset/vent/command", Some(id), r#"{"id":"y","value":400}"#),
        8 => publish("device/GH-1/command", Some(id), r#"{"values":{"vent":1}}"#),
        _ => publish(&"t/".repeat(random.usize(0..300)), Some(id), "{"),
    }
}

fn mutated(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut packet = packet(random);
    for _ in 0..random.usize(0..3) {
        let at = random.usize(0..packet.len());
        match random.u8(0..4) {
            0 => packet[at] ^= 1 << random.u8(0..8),
            1 => packet[at] = random.u8(..),
            2 => packet.insert(at, random.u8(..)),
            _ => packet.truncate(at.max(1)),
        }
    }
    packet
}

/// Whether a command is answered, sooner or later.
async fn answers(broker: &LedgerBroker, id: &str) -> bool {
    let before = broker.look(|ledger| ledger.records().len());
    broker.publish("device/GH-1/asset/vent/command", format!(r#"{{"id":"{id}","value":4}}"#));
    let outcome = format!(r#"{{"id":"{id}","status":"applied""#);
    let is_outcome = |event: &Event| matches!(event, Event::Publish(publish) if publish.payload.starts_with(outcome.as_bytes()));
    // Only what is new: the whole ledger would be read again with every packet.
    let answered =
        broker.wait(|ledger| ledger.records()[before..].iter().any(|record| is_outcome(&record.event)));
    within(200, answered).await.is_ok()
}

/// So few that most of them are read before one breaks the connection.
const AT_ONCE: usize = 4;

/// Sends mutated packets to a device on live connections, and after each few a good command. Returns on how many connections,
/// and how many sessions were given up.
async fn one(seed: u64, packets: usize, at_once: usize) -> Result<(usize, usize)> {
    let mut random = fastrand::Rng::with_seed(seed);
    let broker = LedgerBroker::start().await?;
    let platform = MemoryPlatform::new().with_broker(&broker.url())?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let mut given_up = 0;
    for sent in (at_once..=packets).step_by(at_once) {
        let bytes: Vec<u8> = (0..at_once).flat_map(|_| mutated(&mut random)).collect();
        broker.send(bytes);
        // Whatever that did: the device does what it is told. After three connections with what cannot be read its
        // session is given up, and so is a command that waits in it; the next one must be answered.
        if !answers(&broker, &format!("good{sent}")).await {
            given_up += 1;
            assert!(
                answers(&broker, &format!("again{sent}")).await,
                "seed {seed}, after {sent} packets: no answer"
            );
        }
    }
    within(60, device.close()).await??;
    Ok((broker.look(|ledger| ledger.connects().count()), given_up))
}

/// As many devices at once, each at a broker of its own: nearly all the time goes into waits before reconnecting, and they
/// wait together.
async fn packets(seed: u64, devices: usize, each: usize, at_once: usize) -> Result {
    let world = World::new().await?;
    let mut seeds = fastrand::Rng::with_seed(seed);
    let all = try_join_all((0..devices).map(|_| one(seeds.u64(..), each, at_once))).await?;
    let (connects, given_up): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let (connects, given_up): (usize, usize) = (connects.iter().sum(), given_up.iter().sum());
    println!(
        "H02, seed {seed}: {} packets to {devices} devices, {connects} connections, {given_up} sessions given up",
        devices * each
    );
    assert!(connects > devices, "none of them broke a connection");
    world.end_with(async { Ok(()) }).await
}

#[tokio::test(start_paused = true)]
async fn h02_packets_that_are_broken_cost_a_connection_and_commands_flow_after() -> Result {
    let seed = chance::seed();
    packets(seed, 20, 250, 25).await?;
    packets(!seed, 20, 100, AT_ONCE).await
}

#[tokio::test(start_paused = true)]
#[ignore = "long: five million packets, or as many as go through in half an hour"]
async fn h02_millions_of_broken_packets_cost_connections_only() -> Result {
    const DEVICES: usize = 250;
    const EACH: usize = 400;
    let (seed, start) = (chance::seed(), Instant::now());
    let mut sent = 0;
    while sent < 5_000_000 && start.elapsed() < Duration::from_secs(1800) {
        // Of more at once only the first would be read, up to that which breaks the connection.
        packets(seed ^ (sent as u64) << 32, DEVICES, EACH, AT_ONCE).await?;
        sent += DEVICES * EACH;
    }
    println!("H02: {sent} packets in {:?}", start.elapsed());
    assert!(sent >= 1_000_000, "{sent}");
    Ok(())
}
