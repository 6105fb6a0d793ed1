//! Payloads and packets that are made to harm: nothing panics, nothing invalid reaches a handler, all is counted.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use edge_proto::payload;
use edge_runtime::testing::{Event, MemoryPlatform};
use edge_runtime::types::{Bytes, Timestamp, Uuid};
use edge_runtime::{AssetValue, Change, Device, GeoLocation, HandlerResult};
use serde_json::Value;

use super::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, SN};

#[derive(AssetValue, Clone, Copy, Debug, PartialEq)]
enum Mode {
    Heat,
    Cool,
}

#[derive(AssetValue, Clone, Debug, PartialEq)]
struct Place {
    name: String,
    floor: u8,
    tags: Vec<Option<i16>>,
}

/// A value of every type that there is, and limits where they mean something.
#[derive(Device, Clone)]
#[device(model = "urn:test:everything:1")]
struct Everything {
    #[asset(kind = "actuator")]
    boolean: bool,
    #[asset(kind = "actuator", max = 100, step = 5)]
    byte: u8,
    #[asset(kind = "actuator", min = -40)]
    small: i8,
    #[asset(kind = "actuator")]
    port: u16,
    #[asset(kind = "actuator", min = -1000, max = 1000)]
    whole: i32,
    #[asset(kind = "actuator")]
    natural: u32,
    #[asset(kind = "actuator")]
    long: i64,
    #[asset(kind = "actuator")]
    huge: u64,
    #[asset(kind = "actuator", min = -1.5, max = 1.5)]
    single: f32,
    #[asset(kind = "actuator", min = -40.0, max = 85.0, step = 0.5)]
    double: f64,
    #[asset(kind = "actuator")]
    text: String,
    #[asset(kind = "actuator", max = 7)]
    maybe: Option<u8>,
    #[asset(kind = "actuator")]
    list: Vec<f64>,
    #[asset(kind = "actuator")]
    bytes: Bytes,
    #[asset(kind = "actuator")]
    time: Timestamp,
    #[asset(kind = "actuator")]
    duration: Duration,
    #[asset(kind = "actuator")]
    uuid: Uuid,
    #[asset(kind = "actuator")]
    location: GeoLocation,
    #[asset(kind = "actuator")]
    mode: Mode,
    #[asset(kind = "actuator")]
    place: Place,
}

impl Everything {
    fn new() -> Self {
        Self {
            boolean: false,
            byte: 0,
            small: 0,
            port: 0,
            whole: 0,
            natural: 0,
            long: 0,
            huge: 0,
            single: 0.0,
            double: 0.0,
            text: String::new(),
            maybe: None,
            list: Vec::new(),
            bytes: Bytes::new(),
            time: Timestamp::UNIX_EPOCH,
            duration: Duration::ZERO,
            uuid: Uuid::nil(),
            location: GeoLocation { latitude: 0.0, longitude: 0.0, altitude: None },
            mode: Mode::Heat,
            place: Place { name: String::new(), floor: 0, tags: Vec::new() },
        }
    }
}

/// Counts the calls, and those with what no handler may see.
#[derive(Clone, Debug, Default)]
struct Judge(Arc<Mutex<(usize, Vec<String>)>>);

impl Judge {
    fn judge<T: AssetValue>(&self, method: &str, value: &T) {
        let mut found = self.0.lock().unwrap();
        found.0 += 1;
        let asset = Everything::MODEL.assets.iter().find(|asset| asset.name == &method[3..]).unwrap();
        let mut json = Vec::new();
        value.encode(&mut json);
        let json: Value = serde_json::from_slice(&json).unwrap();
        let refusal = value.check(&asset.profile().limits()).and_then(|()| asset.profile().check(&json));
        if let Err(refusal) = refusal {
            found.1.push(format!("{method}: {refusal}: {json}"));
        }
    }
}

/// A handler of these methods, and how long it takes to decode a value of each.
macro_rules! handler {
    ($($method:ident: $type:ty,)*) => {
        impl EverythingHandler for Judge {
            $(async fn $method(&mut self, _: &EverythingDevice, change: Change<$type>) -> HandlerResult<$type> {
                self.judge(stringify!($method), &change.value);
                Ok(change.value)
            })*
        }

        const DECODE: [(&str, fn(Value) -> bool); 20] =
            [$((stringify!($method), |json| <$type>::decode(json).is_ok())),*];
    };
}

handler! {
    on_boolean: bool,
    on_byte: u8,
    on_small: i8,
    on_port: u16,
    on_whole: i32,
    on_natural: u32,
    on_long: i64,
    on_huge: u64,
    on_single: f32,
    on_double: f64,
    on_text: String,
    on_maybe: Option<u8>,
    on_list: Vec<f64>,
    on_bytes: Bytes,
    on_time: Timestamp,
    on_duration: Duration,
    on_uuid: Uuid,
    on_location: GeoLocation,
    on_mode: Mode,
    on_place: Place,
}

/// What JSON is made of, good and bad.
const PIECES: [&str; 48] = [
    "true",
    "false",
    "null",
    "0",
    "-0",
    "5",
    "10",
    "-1",
    "1.5",
    "0.5",
    "-0.0",
    "255",
    "256",
    "-129",
    "65536",
    "4294967296",
    "9007199254740993",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e999",
    "-1e999",
    "1e-999",
    "0.1e1",
    "5.0",
    "1E2",
    "01",
    "+1",
    "NaN",
    "Infinity",
    "\"\"",
    "\"heat\"",
    "\"HEAT\"",
    "\"AP8=\"",
    "\"2031-02-03T04:05:06.789Z\"",
    "\"10000-01-01T00:00:00Z\"",
    "\"PT1.5S\"",
    "\"P1Y\"",
    "\"550e8400-e29b-41d4-a716-446655440000\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"\u{202e}x\"",
    "{\"latitude\":50.8,\"longitude\":4.4}",
    "{\"latitude\":91,\"longitude\":0}",
    "{\"name\":\"a\",\"floor\":3,\"tags\":[1,null]}",
    "{\"name\":\"a\",\"floor\":10,\"tags\":[]}",
    "[1.5,-2,1e300]",
];

/// A value, or something like it.
fn fuzzed(random: &mut fastrand::Rng) -> Vec<u8> {
    let piece = |random: &mut fastrand::Rng| random.choice(PIECES).unwrap().as_bytes().to_vec();
    let mut value = piece(random);
    match random.u8(0..100) {
        0..50 => {}
        50..60 => value = [b"[", &value[..], b",", &piece(random), b"]"].concat(),
        60..70 => {
            value = [b"{\"name\":", &value[..], b",\"floor\":", &piece(random), b",\"tags\":[]}"].concat()
        }
        70..75 => value = [b"{\"latitude\":", &value[..], b",\"longitude\":", &piece(random), b"}"].concat(),
        75..80 => value.truncate(random.usize(0..=value.len())),
        80..85 => value = b"[".repeat(random.usize(1..200)),
        85..90 => value = [b"\xef\xbb\xbf", &value[..], b"\0"].concat(),
        90..98 => {
            for _ in 0..random.usize(1..4) {
                let at = random.usize(0..=value.len());
                value.insert(at, random.u8(..));
            }
        }
        98 => value = format!("\"{}\"", "x".repeat(random.usize(0..4096))).into_bytes(),
        // Seldom: ten thousand levels, or as much as there may be.
        _ if random.u8(0..20) == 0 => value = b"[".repeat(10_000),
        _ if random.u8(0..20) == 0 => value = format!("[{}1]", "1,".repeat(50_000)).into_bytes(),
        _ => value = [&value[..], b" , ", &value[..]].concat(),
    }
    value
}

/// A command, or something like it, and the topic that it comes on.
fn command(random: &mut fastrand::Rng, number: usize) -> (usize, String, Vec<u8>) {
    let index = random.usize(0..DECODE.len());
    let name = |index: usize| &DECODE[index].0[3..];
    let id = format!("{{\"id\":\"f{number}\",");
    if random.u8(0..10) == 0 {
        let mut payload = [id.as_bytes(), b"\"values\":{"].concat();
        for entry in 0..random.usize(1..4) {
            let separator = if entry == 0 { "" } else { "," };
            payload.extend(format!("{separator}\"{}\":", name(random.usize(0..DECODE.len()))).bytes());
            payload.extend(fuzzed(random));
        }
        payload.extend(b"}}");
        return (index, "device/ALL-1/command".to_owned(), payload);
    }
    let value = fuzzed(random);
    let payload = match random.u8(0..10) {
        0 => value,
        1 => {
            let mut payload = [id.as_bytes(), b"\"value\":", &value, b"}"].concat();
            let at = random.usize(0..payload.len());
            payload[at] ^= 1 << random.u8(0..8);
            payload
        }
        // The same member twice: what counts is checked, whichever it is.
        2 => [id.as_bytes(), b"\"value\":", &value, b",\"VALUE\":", &fuzzed(random), b"}"].concat(),
        _ => [id.as_bytes(), b"\"value\":", &value, b"}"].concat(),
    };
    (index, format!("device/ALL-1/asset/{}/command", name(index)), payload)
}

/// What the device would do to find out what a payload says.
fn decode(index: usize, payload: &[u8]) -> Option<bool> {
    let (command, _) = payload::read_command(payload);
    let json = serde_json::from_str(command.value?.get()).ok()?;
    Some((DECODE[index].1)(json))
}

/// How many payloads one platform gets: it keeps all that is said to it.
const ROUND: usize = 10_000;
/// Fewer than wait for a handler at most.
const AT_ONCE: usize = 500;

/// Sends so many payloads, and judges what becomes of them. Returns how long decoding took, of each.
async fn round(random: &mut fastrand::Rng, payloads: usize) -> Result<Vec<Duration>> {
    let memory = MemoryPlatform::new();
    let judge = Judge::default();
    let device =
        memory.platform().device("ALL-1", Everything::new()).handler(judge.clone()).connect().await?;
    let counted = || {
        let stats = device.stats();
        (stats.applied + stats.rejected + stats.failed + stats.timed_out + stats.repeated) as usize
    };
    let (mut ids, mut took) = (HashSet::new(), Vec::with_capacity(payloads));
    for number in 0..payloads {
        let (index, topic, payload) = command(random, number);
        let start = Instant::now();
        std::hint::black_box(decode(index, &payload));
        took.push(start.elapsed());
        ids.extend(payload::read_command(&payload).0.id);
        memory.publish(&topic, payload);
        if number % AT_ONCE == 0 {
            within(60, async {
                while counted() <= number {
                    tokio::task::yield_now().await;
                }
            })
            .await?;
        }
    }
    within(60, async {
        while counted() < payloads || device.stats().pending > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await?;
    assert_eq!(counted(), payloads, "{:?}", device.stats());
    let messages = memory.messages();
    let outcomes = messages.iter().filter(|message| message.topic == "device/ALL-1/outcome");
    let answered = outcomes.map(|message| serde_json::from_slice::<Value>(&message.payload).unwrap());
    let answered: HashSet<String> =
        answered.map(|outcome| outcome["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(answered, ids, "every command with an id is answered, and nothing else");
    let (calls, invalid) = judge.0.lock().unwrap().clone();
    assert_eq!(invalid, Vec::<String>::new());
    let stats = device.stats();
    assert!(
        calls as u64 >= stats.applied && stats.applied > 0 && stats.rejected > 0,
        "{calls} calls, {stats:?}"
    );
    let failed = messages.iter().find(|message| message.text().contains("\"failed\""));
    assert_eq!((stats.failed, stats.timed_out), (0, 0), "{stats:?} {failed:?}");
    assert_eq!(memory.connections(), 1);
    device.close().await?;
    Ok(took)
}

async fn payloads(seed: u64, payloads: usize) -> Result {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut took = Vec::new();
    for _ in 0..payloads / ROUND {
        took.extend(round(&mut random, ROUND).await.map_err(|error| format!("seed {seed}: {error}"))?);
    }
    took.sort_unstable();
    let (p99, longest) = (took[took.len() * 99 / 100], took[took.len() - 1]);
    println!("H01, seed {seed}: {} payloads, decoding took {p99:?} (p99), {longest:?} at most", took.len());
    assert!(p99 <= Duration::from_millis(1), "{p99:?}");
    Ok(())
}

/// No check of limits on the way of one value is left out; so that `judge` can fail.
#[test]
fn h01_what_is_judged_can_be_found_invalid() {
    let judge = Judge::default();
    judge.judge("on_byte", &7_u8);
    judge.judge("on_double", &f64::NAN);
    judge.judge("on_byte", &10_u8);
    let found = judge.0.lock().unwrap();
    assert_eq!((found.0, found.1.len()), (3, 2), "{found:?}");
}

#[tokio::test]
async fn h01_payloads_of_any_kind_are_refused_or_valid() -> Result {
    payloads(1, 200_000).await
}

#[tokio::test]
#[ignore = "long: ten million payloads take a quarter of an hour in a release build"]
async fn h01_ten_million_payloads_are_refused_or_valid() -> Result {
    payloads(fastrand::u64(..), 10_000_000).await
}

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
    within(60, device.close()).await??;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn h02_packets_that_are_broken_cost_a_connection_and_commands_flow_after() -> Result {
    packets(1, 5_000, 25).await
}

#[tokio::test(start_paused = true)]
#[ignore = "long: as many packets as go through in half an hour"]
async fn h02_millions_of_broken_packets_cost_connections_only() -> Result {
    let (seed, start) = (fastrand::u64(..), Instant::now());
    let mut sent = 0;
    while sent < 5_000_000 && start.elapsed() < Duration::from_secs(1800) {
        packets(seed ^ sent as u64, 100_000, 1_000).await?;
        sent += 100_000;
    }
    println!("H02: {sent} packets in {:?}", start.elapsed());
    Ok(())
}

/// For what is released. Without optimization reading takes ten times as long.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 10 });

/// Text, and its name.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let keys: String = (0..1_000_000).map(|key| format!("\"k{key}\":{key},")).collect();
    let cbor_map = [b"\xba\x00\x0f\x42\x40".to_vec(), b"\x61k\x01".repeat(1_000_000)].concat();
    vec![
        ("a million members", format!("{{{keys}\"id\":\"x\",\"value\":1}}").into_bytes()),
        ("a million values", format!("{{\"id\":\"x\",\"values\":{{{keys}\"z\":1}}}}").into_bytes()),
        (
            "a value of a million members",
            format!("{{\"value\":{{{keys}\"z\":1}},\"id\":\"x\"}}").into_bytes(),
        ),
        ("ten million levels", b"[".repeat(10_000_000)),
        (
            "a list in a value",
            format!("{{\"id\":\"x\",\"value\":[{}1]}}", "1,".repeat(5_000_000)).into_bytes(),
        ),
        ("a long text", format!("{{\"id\":\"x\",\"value\":\"{}\"}}", "x".repeat(16_000_000)).into_bytes()),
        ("a long id", format!("{{\"id\":\"{}\",\"value\":1}}", "x".repeat(16_000_000)).into_bytes()),
        ("a map in CBOR", cbor_map),
        ("CBOR that says that it is long", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        ("CBOR text that says that it is long", b"\x7b\x00\x00\x00\xff\xff\xff\xff\xffabc".to_vec()),
        ("levels in CBOR", b"\x81".repeat(200_000)),
        ("tags in CBOR", b"\xc1".repeat(200_000)),
        ("pieces of text in CBOR", [b"\x7f".to_vec(), b"\x60".repeat(200_000)].concat()),
    ]
}

/// Kilobytes of memory that the process has, apart from its program.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// In a process of its own, because memory is the process'.
#[test]
fn s09_bombs_are_refused_at_once_and_cost_no_memory() {
    let program = std::env::current_exe().unwrap();
    let arguments = ["faults::hostile::s09_in_a_process_of_its_own", "--exact", "--ignored", "--nocapture"];
    let output = std::process::Command::new(program).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    print!(
        "{}",
        text.lines()
            .filter(|line| line.starts_with("S09"))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    );
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("S09, levels in CBOR"), "{text}");
}

#[test]
#[ignore = "run by the test above"]
fn s09_in_a_process_of_its_own() {
    let read = |bytes: &[u8]| {
        let refused = payload::read_command(bytes).1.is_err();
        let states = [payload::read_state(bytes).is_err(), payload::read_states(bytes).is_err()];
        (refused, states)
    };
    read(b"{\"id\":\"x\",\"value\":1}");
    for (name, bomb) in bombs() {
        let (before, mut took) = (resident(), Vec::new());
        let mut peak = before;
        for _ in 0..9 {
            let start = Instant::now();
            let (refused, states) = read(&bomb);
            took.push(start.elapsed() / 3);
            peak = peak.max(resident());
            assert!(refused && states == [true, true], "{name}: {refused} {states:?}");
        }
        took.sort_unstable();
        let grown = peak.saturating_sub(before);
        println!("S09, {name}: {} bytes, refused in {:?}, {grown} KiB more", bomb.len(), took[4]);
        assert!(took[4] <= LIMIT, "{name}: {took:?}");
        assert!(grown <= 1024, "{name}: {grown} KiB");
    }
}
