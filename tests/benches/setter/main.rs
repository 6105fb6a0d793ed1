//! Setters: what one costs up to the outbox beyond the encoding of the same JSON, what policies, batches and pipelines add, and what
//! a transaction of ten assets costs beside ten setters.
//!
//! All of it is measured in devices on a connection, whose outbox is emptied by the broker's acknowledgements: what a setter needs
//! there is memory that was used before. What is delivered in between is not timed, and what is compared takes turns. The setter alone
//! is measured without a platform to reach as well: there the outbox only grows, and a part of the time is the kernel's, which hands
//! out and clears each page.

#![allow(clippy::print_stdout, reason = "it is what a benchmark is for")]

mod connected;
mod stages;

use std::hint::black_box;
use std::process::ExitCode;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{AssetValue, OutboxConfig};
use edge_tests::bench::{self, Figures, median};

use self::connected::{Machine, Spent, connected};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const REPETITIONS: usize = 15;
/// Setters of one repetition: with few, all that they touch is in the processor's caches.
const SETTERS: usize = 20_000;

fn main() -> ExitCode {
    bench::main(run)
}

/// A value as sensors have them.
fn value(number: usize) -> f64 {
    (number % 1000) as f64 / 10.0
}

/// Nanoseconds of CPU for each of `count`.
fn each(count: usize, run: impl FnOnce()) -> f64 {
    let before = bench::cpu();
    run();
    (bench::cpu() - before).as_nanos() as f64 / count as f64
}

/// What was measured in one repetition, in nanoseconds.
struct Round {
    encoding: f64,
    /// A setter into an outbox that only grows.
    growing: f64,
    connected: Spent,
}

impl Round {
    async fn new() -> Result<Self, Failure> {
        Ok(Self { encoding: encoding(), growing: growing().await?, connected: connected()? })
    }
}

async fn run(figures: &mut Figures) -> Result<(), Failure> {
    let mut rounds = Vec::new();
    for _ in 0..REPETITIONS {
        rounds.push(Round::new().await?);
    }
    let middle = |figure: &dyn Fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let setter = |round: &Round| round.connected.setter;
    figures.tell("encoding of a value alone", middle(&|it| it.encoding), "ns");
    figures.tell("a setter of a device on a connection", middle(&setter), "ns");
    figures.tell("a setter into an outbox that only grows", middle(&|it| it.growing), "ns");
    figures.at_most("a setter beyond the encoding", middle(&|it| setter(it) - it.encoding), 150.0, "ns");
    figures.tell("... into an outbox that only grows", middle(&|it| it.growing - it.encoding), "ns");
    // Beside the same setter without, in the same round.
    let names: Vec<&str> = rounds[0].connected.with.iter().map(|(name, _)| *name).collect();
    for (index, name) in names.into_iter().enumerate() {
        let with = |it: &Round| it.connected.with[index].1;
        figures.tell(&format!("a setter with {name}"), middle(&with), "ns");
        figures.at_most(&format!("a policy: {name}"), middle(&|it| with(it) - setter(it)), 30.0, "ns");
    }
    let told = "`min_interval`, told after its end";
    figures.tell("a setter now and then", middle(&|it| it.connected.rare), "ns");
    figures.tell(&format!("... with {told}"), middle(&|it| it.connected.paced), "ns");
    figures.at_most(
        &format!("a policy: {told}"),
        middle(&|it| it.connected.paced - it.connected.rare),
        30.0,
        "ns",
    );
    figures.tell("ten setters", middle(&|it| it.connected.ten), "ns");
    figures.tell("an update of ten assets", middle(&|it| it.connected.update), "ns");
    figures.tell("a transaction over time of ten assets", middle(&|it| it.connected.over_time), "ns");
    let update = middle(&|it| it.connected.update / it.connected.ten);
    figures.at_most("an update of ten assets / ten setters", update, 1.0, "");
    let over_time = middle(&|it| it.connected.over_time / it.connected.ten);
    figures.at_most("a transaction over time of ten assets / ten setters", over_time, 1.0, "");
    stages::measure(figures, REPETITIONS);
    Ok(())
}

fn encoding() -> f64 {
    let mut out = Vec::with_capacity(64);
    each(SETTERS, || {
        for number in 0..SETTERS {
            out.clear();
            black_box(value(number)).encode(&mut out);
            black_box(&out);
        }
    })
}

/// Of a device that is never registered: what is set stays in the outbox.
async fn growing() -> Result<f64, Failure> {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let platform = memory.platform().outbox(OutboxConfig::new().messages(1 << 20).bytes(1 << 30));
    let machine = platform.device("M-1", Machine::default()).start_offline(true).connect().await?;
    let before = bench::cpu();
    for number in 0..SETTERS {
        machine.set_a(value(number)).await?;
    }
    Ok((bench::cpu() - before).as_nanos() as f64 / SETTERS as f64)
}
