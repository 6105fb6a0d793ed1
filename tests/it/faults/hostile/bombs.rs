//! Payloads that cost more to read than to send.

use std::time::{Duration, Instant};

use edge_proto::payload;

use crate::faults::alone::{self, resident};

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

/// In a process of its own, because memory is the process'.
#[test]
fn s09_bombs_are_refused_at_once_and_cost_no_memory() {
    let text = alone::run("faults::hostile::bombs::s09_in_a_process_of_its_own", "S09");
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
