//! Setters: what one costs up to the outbox beyond the encoding of the same JSON, what policies and pipelines add, and what a
//! transaction of ten assets costs beside ten setters.
//!
//! The bounds of a setter and of policies are for devices on a connection, whose outbox is emptied by the broker's acknowledgements:
//! what a setter needs there is memory that was used before. What is delivered in between is not timed, and setters with and without a
//! policy take turns. All else is measured without a platform to reach, so that nothing is sent meanwhile; and so is the same setter,
//! for comparison. There the outbox only grows, and a part of the time is the kernel's, which hands out and clears each page.

#![allow(clippy::print_stdout, reason = "it is what a benchmark is for")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use edge_runtime::policy::{Pipeline, Verdict};
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Alert, AssetValue, Device, OutboxConfig, Receipt, SetError};
use edge_tests::bench::{self, Figures, median};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const REPETITIONS: usize = 15;
/// Setters of one repetition: with few, all that they touch is in the processor's caches.
const SETTERS: usize = 20_000;
/// Setters between two looks at the clock in a device on a connection: less than tokio lets a task do before others have their turn.
const AT_ONCE: usize = 100;
/// Values through a pipeline.
const VALUES: usize = 200_000;
/// Stages in a pipeline that is measured.
const STAGES: usize = 10;

/// Ten assets without a policy.
#[derive(Device, Clone, Default)]
struct Machine {
    #[asset]
    a: f64,
    #[asset]
    b: f64,
    #[asset]
    c: f64,
    #[asset]
    d: f64,
    #[asset]
    e: f64,
    #[asset]
    f: f64,
    #[asset]
    g: f64,
    #[asset]
    h: f64,
    #[asset]
    i: f64,
    #[asset]
    j: f64,
}

/// What a set through each policy costs.
#[derive(Device, Clone, Default)]
struct Cautious {
    #[asset(publish(on_change))]
    changing: f64,
    #[asset(publish(deadband = 0.01))]
    near: f64,
    #[asset(publish(min_interval = "1d"))]
    slow: f64,
}

/// What no value here is.
#[derive(Alert)]
struct Hot;

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

async fn run(figures: &mut Figures) -> Result<(), Failure> {
    let mut rounds = Vec::new();
    for _ in 0..REPETITIONS {
        rounds.push(round().await?);
    }
    let figure = |index: usize| median(rounds.iter().map(|round| round[index]).collect());
    let beyond = |index: usize| median(rounds.iter().map(|round| round[index] - round[0]).collect());
    figures.tell("encoding of a value alone", figure(0), "ns");
    figures.tell("a setter of a device on a connection", figure(5), "ns");
    figures.tell("a setter into an outbox that only grows", figure(1), "ns");
    figures.at_most("a setter beyond the encoding", beyond(5), 150.0, "ns");
    figures.tell("... into an outbox that only grows", beyond(1), "ns");
    // Beside the same setter without a policy, in the same round.
    let policies = ["`on_change`, of another value", "`deadband`, of another value", "`min_interval`, held"];
    for (policy, index) in policies.iter().zip(6..) {
        figures.tell(&format!("a setter with {policy}"), figure(index), "ns");
        let added = median(rounds.iter().map(|round| round[index] - round[5]).collect());
        figures.at_most(&format!("a policy: {policy}"), added, 30.0, "ns");
    }
    figures.tell("ten setters", figure(2), "ns");
    figures.tell("an update of ten assets", figure(3), "ns");
    figures.tell("a transaction over time of ten assets", figure(4), "ns");
    let ratio = |index: usize| median(rounds.iter().map(|round| round[index] / round[2]).collect());
    figures.at_most("an update of ten assets / ten setters", ratio(3), 1.0, "");
    figures.at_most("a transaction over time of ten assets / ten setters", ratio(4), 1.0, "");
    for (name, stage) in stages() {
        let cost = median((0..REPETITIONS).map(|_| of_stage(stage)).collect());
        figures.at_most(&format!("a stage: {name}"), cost, 30.0, "ns");
    }
    Ok(())
}

/// What setters cost in devices on a connection: without a policy, and with each. On a thread and a runtime of its own: whatever else
/// the devices do is done there, and not while setters are timed.
fn connected() -> Result<[f64; 4], Failure> {
    let measured = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(set_and_deliver())
    });
    measured.join().map_err(|_| "the thread panicked")?
}

async fn set_and_deliver() -> Result<[f64; 4], Failure> {
    let memory = MemoryPlatform::new();
    let machine = memory.platform().device("M-1", Machine::default()).connect().await?;
    let cautious = memory.platform().device("C-1", Cautious::default()).connect().await?;
    // What `slow` was at the start has been told: all that comes within the day is held.
    let mut spent = [Duration::ZERO; 4];
    for first in (0..SETTERS).step_by(AT_ONCE) {
        let setters = at_once(first, async |n| machine.set_a(value(n)).await, &mut spent[0]).await?;
        setters.delivered().await?;
        let setters = at_once(first, async |n| cautious.set_changing(value(n)).await, &mut spent[1]).await?;
        setters.delivered().await?;
        let setters = at_once(first, async |n| cautious.set_near(value(n)).await, &mut spent[2]).await?;
        setters.delivered().await?;
        at_once(first, async |n| cautious.set_slow(value(n)).await, &mut spent[3]).await?;
    }
    machine.close().await?;
    cautious.close().await?;
    Ok(spent.map(|spent| spent.as_nanos() as f64 / SETTERS as f64))
}

/// Sets some values, and adds to what was spent. Returns the receipt of the last.
async fn at_once(
    first: usize,
    mut set: impl AsyncFnMut(usize) -> Result<Receipt, SetError>,
    spent: &mut Duration,
) -> Result<Receipt, SetError> {
    // With a new turn.
    tokio::task::yield_now().await;
    let before = bench::cpu();
    for number in first + 1..first + AT_ONCE {
        set(number).await?;
    }
    let last = set(first).await?;
    *spent += bench::cpu() - before;
    Ok(last)
}

/// All ways to set once, in turns.
async fn round() -> Result<[f64; 9], Failure> {
    let mut out = Vec::with_capacity(64);
    let encoding = each(SETTERS, || {
        for number in 0..SETTERS {
            out.clear();
            black_box(value(number)).encode(&mut out);
            black_box(&out);
        }
    });
    let setter = {
        let machine = machine().await?;
        timed(SETTERS, async |number| machine.set_a(value(number)).await.map(drop).map_err(Into::into))
            .await?
    };
    let tens = SETTERS / 10;
    let ten_setters = {
        let machine = machine().await?;
        timed(tens, async |number| set_ten(&machine, value(number)).await).await?
    };
    let update = {
        let machine = machine().await?;
        timed(tens, async |number| {
            let edit = machine.update(|it| fill(it, value(number) + 0.5));
            edit.await.map(drop).map_err(Into::into)
        })
        .await?
    };
    let over_time = {
        let machine = machine().await?;
        timed(tens, async |number| {
            let (mut it, value) = (machine.begin(), value(number));
            it.set_a(value)?.set_b(value)?.set_c(value)?.set_d(value)?.set_e(value)?;
            it.set_f(value)?.set_g(value)?.set_h(value)?.set_i(value)?.set_j(value)?;
            it.finish().await.map(drop).map_err(Into::into)
        })
        .await?
    };
    let [connected, changing, near, slow] = connected()?;
    Ok([encoding, setter, ten_setters, update, over_time, connected, changing, near, slow])
}

/// As [`each`], for what is awaited.
async fn timed(
    count: usize,
    mut once: impl AsyncFnMut(usize) -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let before = bench::cpu();
    for number in 0..count {
        once(number).await?;
    }
    Ok((bench::cpu() - before).as_nanos() as f64 / count as f64)
}

async fn set_ten(machine: &MachineDevice, value: f64) -> Result<(), Failure> {
    machine.set_a(value).await?;
    machine.set_b(value).await?;
    machine.set_c(value).await?;
    machine.set_d(value).await?;
    machine.set_e(value).await?;
    machine.set_f(value).await?;
    machine.set_g(value).await?;
    machine.set_h(value).await?;
    machine.set_i(value).await?;
    machine.set_j(value).await?;
    Ok(())
}

fn fill(machine: &mut Machine, value: f64) {
    let Machine { a, b, c, d, e, f, g, h, i, j } = machine;
    for field in [a, b, c, d, e, f, g, h, i, j] {
        *field = value;
    }
}

/// One that is never registered: what is set stays in the outbox.
async fn machine() -> Result<MachineDevice, Failure> {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let platform = memory.platform().outbox(OutboxConfig::new().messages(1 << 20).bytes(1 << 30));
    Ok(platform.device("M-1", Machine::default()).start_offline(true).connect().await?)
}

type Stage = fn(Pipeline<f64>) -> Pipeline<f64>;

fn stages() -> [(&'static str, Stage); 12] {
    const DAY: Duration = Duration::from_secs(86_400);
    const SECOND: Duration = Duration::from_secs(1);
    [
        ("filter", |it| it.filter(|v| *v >= 0.0)),
        ("map", |it| it.map(|v| *v + 1.0)),
        ("sample", |it| it.sample(1)),
        ("eliminate_duplicates", |it| it.eliminate_duplicates(SECOND)),
        ("detect_duplicates", |it| it.detect_duplicates(SECOND, |_| Hot)),
        ("alert_when, of a value that is none for it", |it| it.alert_when(|v| *v < 0.0, |_| Hot)),
        ("alert_instead, of a value that is none for it", |it| it.alert_instead(|v| *v < 0.0, |_| Hot)),
        ("mean", |it| it.mean(DAY, DAY)),
        ("min", |it| it.min(DAY, DAY)),
        ("max", |it| it.max(DAY, DAY)),
        ("standard_deviation", |it| it.standard_deviation(DAY, DAY)),
        ("filter by another asset's value", |it| it.filter(|v| v.current::<f64>("a").is_none())),
    ]
}

/// What a stage adds to a value's way, in nanoseconds: ten of those that let values through, one of the others.
fn of_stage(stage: Stage) -> f64 {
    let lets_through = stage(Pipeline::new()).offer(tokio::time::Instant::now(), 1.0).value.is_some();
    let stages = if lets_through { STAGES } else { 1 };
    let through = |mut pipeline: Pipeline<f64>| {
        let now = tokio::time::Instant::now();
        each(VALUES, || {
            for number in 0..VALUES {
                let Verdict { value, .. } = pipeline.offer(now, black_box(value(number)));
                black_box(value);
            }
        })
    };
    let with = through((0..stages).fold(Pipeline::new(), |pipeline, _| stage(pipeline)));
    (with - through(Pipeline::new())) / stages as f64
}
