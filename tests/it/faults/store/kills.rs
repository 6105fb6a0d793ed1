//! Programs that are killed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use edge_proto::payload;
use edge_runtime::testing::{Event, Ledger, LedgerBroker, Record};
use edge_tests::Process;
use edge_tests::bench::Figures;

use super::SN;
use crate::faults::chance;
use crate::faults::world::{Result, within};

/// The values of an asset among these records of what a broker has heard.
fn values(records: &[Record], asset: &str) -> BTreeSet<u64> {
    let topic = format!("device/{SN}/asset/{asset}/state");
    let value = |payload: &[u8]| payload::read_state(payload).unwrap().value.unwrap().get().parse().unwrap();
    let publishes = records.iter().filter_map(|record| match &record.event {
        Event::Publish(publish) if publish.topic == topic => Some(value(&publish.payload)),
        _ => None,
    });
    publishes.collect()
}

fn heard(ledger: &Ledger, asset: &str) -> BTreeSet<u64> {
    values(ledger.records(), asset)
}

/// How many of the stored came again, in whatever life, without saying so: DUP. A state is known by when it held.
fn unmarked(ledger: &Ledger) -> usize {
    let topic = format!("device/{SN}/asset/energy/state");
    let mut came = BTreeSet::new();
    let energies = ledger.publishes().filter(|(_, publish)| publish.topic == topic);
    let again =
        energies.filter(|(_, publish)| !came.insert(payload::read_state(&publish.payload).unwrap().at));
    again.filter(|(_, publish)| !publish.dup).count()
}

/// More messages than a meter ever has.
const MANY: usize = 200_000;

/// Starts the meter as a program of its own. Its chances follow from the test's seed and from where it begins.
fn start(broker: &LedgerBroker, folder: &Path, begin: u64, messages: usize) -> Result<Process> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meter"));
    command.arg(broker.url()).arg(folder).arg(begin.to_string()).arg(messages.to_string());
    command.arg((chance::seed() ^ begin).to_string());
    Ok(Process::start(&mut command)?)
}

/// The last that a program has said of an asset.
fn said(process: &Process, asset: &str) -> Option<u64> {
    let text = process.out.text();
    let mut lines = text.lines().rev();
    lines.find_map(|line| line.strip_prefix(asset)?.trim().parse().ok())
}

/// Ends a program at once, and hears all that it has said. Nothing has panicked in it.
async fn kill(process: &mut Process) -> Result {
    process.kill().await?;
    process.out.end().await;
    let panics = process.err.end().await;
    if panics.contains("panicked at") { Err(panics.into()) } else { Ok(()) }
}

/// Kills the meter again and again; everything that it said was accepted must arrive.
async fn killed(cycles: usize) -> Result {
    let broker = LedgerBroker::start().await?;
    let folder = tempfile::tempdir()?;
    let mut begin = 1;
    let (mut longest, mut unopened) = (0.0_f64, 0);
    chance::sow();
    for cycle in 0..cycles {
        let mut process = start(&broker, folder.path(), begin, MANY)?;
        if cycle % 3 == 1 {
            // Perhaps while it opens its store, which takes a few milliseconds.
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..20))).await;
        } else {
            let started = process.out.wait_for(|line| line.starts_with("started")).await;
            longest = longest.max(started.rsplit(' ').next().ok_or("no time")?.parse()?);
            if cycle % 3 == 0 {
                broker.cut(edge_runtime::testing::Cut::Reset);
            }
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..60))).await;
        }
        kill(&mut process).await?;
        unopened += usize::from(!process.out.text().contains("started"));
        begin = said(&process, "energy").map_or(begin, |energy| energy + 1);
    }
    let last = begin - 1;
    let mut process = start(&broker, folder.path(), begin, MANY)?;
    // How much of the ledger was read, and what was not in it. The whole of it would be read again with every message.
    let left = RefCell::new((0, (1..=last).collect::<BTreeSet<_>>()));
    let is_all_there = |ledger: &Ledger| {
        let (read, missing) = &mut *left.borrow_mut();
        let heard = values(&ledger.records()[*read..], "energy");
        missing.retain(|energy| !heard.contains(energy));
        *read = ledger.records().len();
        missing.is_empty()
    };
    // What is not there then is lost.
    let _ = within(60, broker.wait(is_all_there)).await;
    let lost = left.into_inner().1;
    kill(&mut process).await?;
    // What was accepted last may not have been said.
    let end = said(&process, "energy").unwrap_or(last) + 1;
    let never_set = broker.look(|ledger| heard(ledger, "energy").range(end + 1..).count());
    let unmarked = broker.look(unmarked);
    let mut figures = Figures::default();
    figures.at_least(&format!("R06: accepted in {cycles} lives"), last as f64, cycles as f64, "");
    if !lost.is_empty() {
        println!("R06: lost: {lost:?}");
    }
    figures.at_most("R06: lost", lost.len() as f64, 0.0, "");
    figures.at_most("R06: delivered, and never set", never_set as f64, 0.0, "");
    figures.at_most("R06: delivered again without DUP", unmarked as f64, 0.0, "");
    // Beside other tests, as it is built for them; what it may take is said of 100,000 messages: `cargo xtask bench stored`.
    figures.tell("R06: killed before the store was open", unopened as f64, "");
    figures.tell("R06: the longest start", longest, "ms");
    Ok(figures.met()?)
}

#[tokio::test]
async fn r06_killed_at_any_moment_nothing_stored_is_lost() -> Result {
    killed(15).await
}

#[tokio::test]
#[ignore = "long: part of the soak"]
async fn r06_killed_two_hundred_times_nothing_stored_is_lost() -> Result {
    killed(200).await
}

/// What is volatile dies with its program, but no more of it than the outbox takes: whatever else was accepted is at the
/// broker. Every other time the broker is silent, so that something is lost.
#[tokio::test]
async fn r07_of_what_is_volatile_a_kill_takes_no_more_than_the_outbox() -> Result {
    const CAPACITY: usize = 100;
    let broker = LedgerBroker::start().await?;
    let (mut begin, mut lives) = (1, Vec::new());
    for cycle in 0..6 {
        let is_silent = cycle % 2 == 1;
        broker.stall(is_silent);
        // Nothing is stored by those before it that would take the room.
        let folder = tempfile::tempdir()?;
        let mut process = start(&broker, folder.path(), begin, CAPACITY)?;
        let wanted = format!("power {}", begin + if is_silent { 30 } else { 500 });
        within(60, process.out.wait_for(|line| line == wanted)).await?;
        // Long enough to accept far more than there is room for.
        tokio::time::sleep(Duration::from_millis(if is_silent { 500 } else { 5 })).await;
        kill(&mut process).await?;
        let last = said(&process, "power").expect("it was waited for");
        lives.push((is_silent, begin..=last));
        // A number is of one life only; what was accepted last may not have been said.
        begin = last + 2;
    }
    broker.stall(false);
    // What the last of them left in its socket is read before the next one is.
    let folder = tempfile::tempdir()?;
    let mut process = start(&broker, folder.path(), begin, CAPACITY)?;
    within(60, broker.wait(|ledger| heard(ledger, "power").contains(&begin))).await?;
    kill(&mut process).await?;
    let heard = broker.look(|ledger| heard(ledger, "power"));
    let lost = |life: &RangeInclusive<u64>| life.clone().filter(|power| !heard.contains(power)).count();
    let lost: Vec<_> = lives.iter().map(|(is_silent, life)| (*is_silent, lost(life))).collect();
    println!("r07: {CAPACITY} messages in the outbox; lost: {lost:?}");
    assert!(lost.iter().all(|(is_silent, lost)| *lost <= CAPACITY && (!is_silent || *lost > 0)), "{lost:?}");
    Ok(())
}
