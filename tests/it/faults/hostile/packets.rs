//! Packets.

use std::time::{Duration, Instant};

use edge_runtime::testing::Event;

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
async fn answers(world: &World, id: &str) -> bool {
    world.broker.publish("device/GH-1/asset/vent/command", format!(r#"{{"id":"{id}","value":4}}"#));
    let outcome = format!(r#"{{"id":"{id}","status":"applied""#);
    let is_outcome = |event: &Event| matches!(event, Event::Publish(publish) if publish.payload.starts_with(outcome.as_bytes()));
    // Only the newest: the whole ledger would be read again with every packet.
    let answered = world
        .broker
        .wait(|ledger| ledger.records().iter().rev().take(500).any(|record| is_outcome(&record.event)));
    within(200, answered).await.is_ok()
}

/// So few that most of them are read before one breaks the connection.
const AT_ONCE: usize = 4;

/// Sends mutated packets on live connections, and then a good command.
async fn packets(seed: u64, packets: usize, at_once: usize) -> Result {
    let mut random = fastrand::Rng::with_seed(seed);
    let world = World::new().await?;
    let device = world.platform()?.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let (mut sent, mut given_up) = (0, 0);
    while sent < packets {
        let bytes: Vec<u8> = (0..at_once).flat_map(|_| mutated(&mut random)).collect();
        world.broker.send(bytes);
        sent += at_once;
        // Whatever that did: the device does what it is told. After three connections with what cannot be read its
        // session is given up, and so is a command that waits in it; the next one must be answered.
        if !answers(&world, &format!("good{sent}")).await {
            given_up += 1;
            assert!(
                answers(&world, &format!("again{sent}")).await,
                "seed {seed}, after {sent} packets: no answer"
            );
        }
    }
    let connects = world.broker.look(|ledger| ledger.connects().count());
    println!(
        "H02, seed {seed}: {sent} packets, {connects} connections, {given_up} sessions given up, {:?}",
        device.stats()
    );
    assert!(connects > 1, "none of them broke a connection");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn h02_packets_that_are_broken_cost_a_connection_and_commands_flow_after() -> Result {
    let seed = chance::seed();
    packets(seed, 5_000, 25).await?;
    packets(!seed, 400, AT_ONCE).await
}

#[tokio::test(start_paused = true)]
#[ignore = "long: as many packets as go through in half an hour"]
async fn h02_millions_of_broken_packets_cost_connections_only() -> Result {
    let (seed, start) = (chance::seed(), Instant::now());
    let mut sent = 0;
    while sent < 5_000_000 && start.elapsed() < Duration::from_secs(1800) {
        // Of more at once only the first would be read, up to that which breaks the connection.
        packets(seed ^ (sent as u64) << 32, 4_000, AT_ONCE).await?;
        sent += 4_000;
    }
    println!("H02: {sent} packets in {:?}", start.elapsed());
    Ok(())
}
