//! Programs that are killed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use edge_proto::payload;
use edge_runtime::testing::{Ledger, LedgerBroker};
use edge_tests::Process;

use super::SN;
use crate::faults::world::{Result, within};

/// The values of an asset that a broker has heard of.
fn heard(ledger: &Ledger, asset: &str) -> BTreeSet<u64> {
    let topic = format!("device/{SN}/asset/{asset}/state");
    let publishes = ledger.publishes().filter(|(_, publish)| publish.topic == topic);
    let value = |payload: &[u8]| payload::read_state(payload).unwrap().value.unwrap().get().parse().unwrap();
    publishes.map(|(_, publish)| value(&publish.payload)).collect()
}

/// Starts the meter as a program of its own.
fn start(broker: &LedgerBroker, folder: &Path, begin: u64) -> Result<Process> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meter"));
    command.arg(broker.url()).arg(folder).arg(begin.to_string());
    Ok(Process::start(&mut command)?)
}

/// The last that a program has said of an asset.
fn said(process: &Process, asset: &str) -> Option<u64> {
    let text = process.out.text();
    let mut lines = text.lines().rev();
    lines.find_map(|line| line.strip_prefix(asset)?.trim().parse().ok())
}

/// Kills the meter again and again; everything that it said was accepted must arrive.
async fn killed(cycles: usize) -> Result {
    let broker = LedgerBroker::start().await?;
    let folder = tempfile::tempdir()?;
    let (mut begin, mut powers) = (1, 0);
    let mut random = fastrand::Rng::with_seed(6);
    for cycle in 0..cycles {
        let mut process = start(&broker, folder.path(), begin)?;
        process.out.wait_for(|line| line.starts_with("started")).await;
        if cycle % 3 == 0 {
            broker.cut(edge_runtime::testing::Cut::Reset);
        }
        tokio::time::sleep(Duration::from_millis(random.u64(0..60))).await;
        process.kill().await?;
        process.out.end().await;
        begin = said(&process, "energy").map_or(begin, |energy| energy + 1);
        powers = said(&process, "power").unwrap_or(powers);
    }
    let last = begin - 1;
    let mut process = start(&broker, folder.path(), begin)?;
    let all = |ledger: &Ledger| {
        let heard = heard(ledger, "energy");
        (1..=last).all(|energy| heard.contains(&energy))
    };
    within(60, broker.wait(all)).await?;
    process.kill().await?;
    let lost = broker.look(|ledger| {
        let heard = heard(ledger, "power");
        (1..=powers).filter(|power| !heard.contains(power)).count()
    });
    println!(
        "r06/r07: {cycles} kills, {last} stored states accepted, 0 lost; of {powers} volatile ones {lost}"
    );
    assert!(lost <= 10_000 * cycles, "the volatile ones that were lost are at most what the outbox holds");
    Ok(())
}

#[tokio::test]
async fn r06_r07_killed_at_any_moment_nothing_stored_is_lost() -> Result {
    killed(15).await
}

#[tokio::test]
#[ignore = "long: part of the soak"]
async fn r06_r07_killed_two_hundred_times_nothing_stored_is_lost() -> Result {
    killed(200).await
}
