//! The soak: a device for minutes or hours at a broker and a network that have one fault after the other.
//!
//! The device is a process of its own, so that its memory, files and tasks are its own; the broker is a real Mosquitto
//! that writes down what it has, behind a proxy. Who judges is at the broker, and not behind the proxy.
//! `soak MINUTES SEED` chooses the faults by the seed.

mod device;
mod faults;
mod judge;
mod watch;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use edge_runtime::testing::FaultProxy;
use edge_tests::bench::{self, Figures};
use edge_tests::{Mosquitto, Process, Reader};

use faults::{Fault, Site};
use judge::Judge;
use watch::Watch;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const MINUTE: Duration = Duration::from_secs(60);
/// How long until everything that is late is there.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two faults.
const REST: std::ops::Range<u64> = 2..8;
/// So many faults follow each other closely. Waits before connections grow with them, to a minute; then the device is
/// left in peace until it has caught up, so that its memory can be compared.
const SERIES: u64 = 5;
/// In the beginning, so that the largest backlog of all comes before memory is compared.
const LONG_CUT: Duration = Duration::from_secs(75);

/// So many commands a device remembers.
const REMEMBERED: u64 = 2048;
/// What a device may grow by in a minute, in KiB.
const GROWTH: f64 = 1.0;
/// In minutes. Then an hour and more was to warm up, and what is resident is judged as well: the allocator takes its
/// time until it has found the place for the largest backlog.
const LONG: u64 = 180;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [device::WORD, broker] => bench::main(async |_: &mut Figures| device::run(broker).await),
        _ => {
            let number = |index: usize| words.get(index).and_then(|word| word.parse::<u64>().ok());
            let (minutes, seed) = (number(0).unwrap_or(10), number(1).unwrap_or(1));
            bench::main(async move |figures: &mut Figures| soak(figures, minutes, seed).await)
        }
    }
}

async fn soak(figures: &mut Figures, minutes: u64, seed: u64) -> Result {
    let Some(broker) = Mosquitto::start_durable().await else {
        return Err("Mosquitto is not installed (`cargo xtask peers`)".into());
    };
    let address = ([127, 0, 0, 1], broker.port()).into();
    let judge = Judge::default();
    let reader = Reader::start_with(address, "device/#", judge.hears()).await;
    let network = FaultProxy::start(address).await?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args([device::WORD, &format!("mqtt://{}", network.address())]);
    let process = Process::start(&mut command)?;
    process.out.wait_for(|line| line == device::STARTED).await;

    let watch = Watch::start(&process)?;
    let (device, random) = (process.out.clone(), fastrand::Rng::with_seed(seed));
    let mut site = Site { device, broker, network, reader, random };
    // So that all that it remembers of commands is full, and does not grow any more.
    judge.command_many(&site.reader, 1..=REMEMBERED).await?;
    let start = Instant::now();
    site.suffer(Fault::Cut, LONG_CUT).await;
    let mut calms = vec![site.calm().await];
    let (mut count, mut kills) = (1_u64, 0_u32);
    while start.elapsed() < MINUTE * minutes as u32 {
        let fault = site.choose();
        judge.command(&site.reader, REMEMBERED + 2 * count);
        site.rest(REST).await;
        judge.command(&site.reader, REMEMBERED + 2 * count + 1);
        site.suffer_some(fault).await;
        count += 1;
        kills += u32::from(fault == Fault::Killed);
        if count.is_multiple_of(SERIES) {
            calms.push(site.calm().await);
        }
    }
    calms.push(site.calm().await);
    let again = judge.command_again(&site.reader).await;
    let watched = watch.end().await;
    let report = device::stop(process).await?;
    judge.wait(&report, PATIENCE).await;
    tell(figures, &judge, &report, &watched, count);
    // It has acknowledged what it had not written down yet: whoever commands, asks again by the same id.
    figures.at_most("commands that a killed broker forgot", again as f64, kills.into(), "");
    tell_calms(figures, &calms);
    if minutes >= LONG {
        figures.at_most("device: growth of resident memory", watched.growth, GROWTH, "KiB/min");
    } else {
        figures.tell("device: growth of resident memory", watched.growth, "KiB/min");
    }
    Ok(())
}

fn tell(
    figures: &mut Figures,
    judge: &Judge,
    report: &device::Report,
    watched: &watch::Watched,
    faults: u64,
) {
    let accepted: u64 = report.accepted.iter().sum();
    figures.tell("faults", faults as f64, "");
    figures.tell("states accepted", accepted as f64, "");
    figures.at_most("states lost", judge.lost(report) as f64, 0.0, "");
    figures.at_most(
        "assets whose last value is not the last that was set",
        judge.stale(report) as f64,
        0.0,
        "",
    );
    figures.at_most("letters that are not what was sent", judge.garbled() as f64, 0.0, "");
    figures.tell("states that came more than once", judge.repeated() as f64, "");
    figures.tell("commands", judge.commands() as f64, "");
    figures.at_most("commands without an outcome", judge.unanswered() as f64, 0.0, "");
    figures.at_most("messages that were not delivered at the end", report.pending as f64, 0.0, "");
    figures.tell("device: processor time", watched.cpu.as_secs_f64(), "s");
    figures.at_most("device: growth of memory in use", watch::growth(&report.looks), GROWTH, "KiB/min");
    figures.tell("device: resident memory after the warm-up", watched.resident.0, "KiB");
    figures.tell("device: resident memory at the end", watched.resident.1, "KiB");
    figures.at_most("device: files more in the second half", watch::files(&report.looks), 0.0, "");
    figures.at_most("device: tasks more at the end than at the start", report.tasks, 2.0, "");
}

/// How soon the device has caught up.
fn tell_calms(figures: &mut Figures, calms: &[Option<Duration>]) {
    let longest = calms.iter().flatten().max().map_or(f64::INFINITY, Duration::as_secs_f64);
    figures.tell("times that the device was left in peace", calms.len() as f64, "");
    let missed = calms.iter().filter(|took| took.is_none()).count();
    figures.at_most("device: times that it has not caught up then", missed as f64, 0.0, "");
    figures.tell("device: longest from a connection until it has caught up", longest, "s");
}
