//! Payloads that cost more to read than to send. Reads each of them again and again, with a mebibyte to do it in: who allocates
//! more is ended. Says how much time of a processor reading took, whatever else that does; one that takes too long is a failure.

use std::alloc::System;
use std::time::Duration;

use cap::Cap;
use edge_proto::payload;
use edge_tests::bench::{cpu, resident};

#[global_allocator]
static ALLOCATED: Cap<System> = Cap::new(System, usize::MAX);

/// For all that is done at a time, whatever is given back in between.
const ROOM: usize = 1024 * 1024;
/// For what is released. Without optimization reading takes ten times as long.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 10 });
/// Of each.
const TIMES: usize = 9;

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

/// Whether it is refused, as whatever it is read.
fn is_refused(bytes: &[u8]) -> bool {
    let refused = payload::read_command(bytes).1.is_err();
    refused && payload::read_state(bytes).is_err() && payload::read_states(bytes).is_err()
}

#[allow(clippy::print_stdout, reason = "it is how the test hears of it")]
fn main() {
    is_refused(b"{\"id\":\"x\",\"value\":1}");
    for (name, bomb) in bombs() {
        // A line of its own: who is ended says nothing any more.
        println!("S09, {name}: {} bytes", bomb.len());
        let mut took = Vec::with_capacity(TIMES);
        let before = resident();
        ALLOCATED.set_limit(ALLOCATED.allocated() + ROOM).expect("it has not more");
        for _ in 0..TIMES {
            let start = cpu();
            assert!(is_refused(&bomb), "{name} is taken");
            took.push((cpu() - start) / 3);
        }
        ALLOCATED.set_limit(usize::MAX).expect("it has not more");
        // What lies on the stack is not allocated, and stays.
        let grown = resident().saturating_sub(before);
        took.sort_unstable();
        println!("S09, refused in {:?}, {} KiB more resident", took[TIMES / 2], grown / 1024);
        assert!(took[TIMES / 2] <= LIMIT, "{name}: {took:?}");
        assert!(grown <= ROOM as u64, "{name}: {grown} bytes");
    }
}
