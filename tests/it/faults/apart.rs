//! Handlers in a program of its own: how much memory a burst of commands takes, and what becomes of a command whose
//! program is killed.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use edge_runtime::testing::{Ledger, LedgerBroker};
use edge_tests::Process;
use edge_tests::bench::resident_of;
use serde_json::Value;

use super::world::{Result, within};

/// Starts the valves and waits until they hear commands.
async fn start(broker: &LedgerBroker, takes: Duration) -> Result<Process> {
    let connects = broker.look(|ledger| ledger.connects().count());
    let mut command = Command::new(env!("CARGO_BIN_EXE_valves"));
    command.arg(broker.url()).arg(takes.as_millis().to_string());
    let process = Process::start(&mut command)?;
    within(60, broker.wait(|ledger| ledger.connects().count() > connects)).await?;
    within(60, broker.wait(|ledger| ledger.subscribes().count() > 0)).await?;
    Ok(process)
}

/// How often each outcome came, by the command's id and its status.
fn outcomes(ledger: &Ledger) -> BTreeMap<(String, String), usize> {
    let mut outcomes = BTreeMap::new();
    for (_, publish) in ledger.publishes().filter(|(_, publish)| publish.topic.ends_with("/outcome")) {
        let outcome: Value = serde_json::from_slice(&publish.payload).unwrap();
        let text = |key: &str| outcome[key].as_str().unwrap().to_owned();
        *outcomes.entry((text("id"), text("status"))).or_default() += 1;
    }
    outcomes
}

/// Commands so large that all of them together are far more than what may be taken: what waits is bounded.
#[tokio::test]
async fn h07_a_burst_takes_no_more_memory_than_what_may_wait() -> Result {
    const BURST: usize = 10_000;
    const BYTES: usize = 8 * 1024;
    // As many commands as may wait for a handler, and as many bytes as the outbox takes.
    const BOUND: u64 = 1_024 * BYTES as u64 + 16 * 1024 * 1024;
    let broker = LedgerBroker::start().await?;
    let mut process = start(&broker, Duration::from_millis(1)).await?;
    let id = process.id().expect("it runs").to_string();
    // One, so that all is there that commands need.
    broker.publish("device/VALVES-1/asset/left/command", r#"{"id":"first","value":0}"#);
    within(60, broker.wait(|ledger| ledger.acknowledged().count() == 1)).await?;
    let before = resident_of(&id);
    for number in 1..=BURST {
        let side = if number % 2 == 0 { "left" } else { "right" };
        let command = format!(r#"{{"id":"{number}",{:BYTES$}"value":{number}}}"#, "");
        broker.publish(format!("device/VALVES-1/asset/{side}/command"), command);
    }
    let done = broker.wait(|ledger| ledger.acknowledged().count() == BURST + 1);
    let mut most = before;
    let watch = async {
        loop {
            most = most.max(resident_of(&id));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        done = within(300, done) => done?,
        () = watch => {}
    }
    let grown = most - before;
    let all = broker.look(outcomes);
    let of = |status: &str| all.keys().filter(|(_, it)| it == status).count();
    let (applied, refused) = (of("applied"), of("rejected"));
    println!("H07: {applied} applied, {refused} refused, {} KiB more memory", grown / 1024);
    assert_eq!((applied + refused, all.len()), (BURST + 1, BURST + 1));
    assert!(applied > 1_000, "{applied}");
    assert!(before == 0 || grown <= BOUND, "{grown} bytes");
    process.kill().await?;
    Ok(())
}

#[tokio::test]
async fn h10_a_command_whose_program_was_killed_in_its_handler_comes_again() -> Result {
    let broker = LedgerBroker::start().await?;
    let mut process = start(&broker, Duration::from_secs(20)).await?;
    broker.publish("device/VALVES-1/asset/left/command", r#"{"id":"interrupted","value":7}"#);
    within(60, process.out.wait_for(|line| line == "begins left 7")).await?;
    process.kill().await?;
    let said = process.out.end().await;
    assert!(!said.contains("ends"), "{said}");
    broker.look(|ledger| {
        assert_eq!((ledger.acknowledged().count(), outcomes(ledger).len()), (0, 0));
    });

    let mut process = start(&broker, Duration::from_millis(1)).await?;
    within(60, process.out.wait_for(|line| line == "ends left 7")).await?;
    within(60, broker.wait(|ledger| ledger.acknowledged().count() > 0)).await?;
    broker.look(|ledger| {
        assert_eq!(ledger.acknowledged().map(|(_, id)| *id).collect::<Vec<_>>(), [1]);
        let applied = ("interrupted".to_owned(), "applied".to_owned());
        assert_eq!(outcomes(ledger), BTreeMap::from([(applied, 1)]));
    });
    process.kill().await?;
    Ok(())
}
