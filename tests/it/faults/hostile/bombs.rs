//! Payloads that cost more to read than to send.

use std::process::Command;

/// In a process of its own, because memory is the process'.
#[test]
fn s09_bombs_are_refused_at_once_and_cost_no_memory() {
    let output = Command::new(env!("CARGO_BIN_EXE_bombs")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("S09, pieces of text in CBOR"), "{said}");
}
