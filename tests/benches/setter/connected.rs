//! What setters and transactions cost in devices on a connection, and what policies and batches add.

use std::time::{Duration, Instant};

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, Receipt, SetError};
use edge_tests::bench;

use super::{Failure, SETTERS, value};

/// Setters between two looks at the clock: less than tokio lets a task do before others have their turn.
const AT_ONCE: usize = 100;
/// So many at once.
const TURNS: usize = SETTERS / AT_ONCE;
/// As long as the least interval that is measured.
const INTERVAL: Duration = Duration::from_millis(1);

/// Ten assets without a policy.
#[derive(Device, Clone, Default)]
pub(super) struct Machine {
    #[asset]
    pub(super) a: f64,
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
    #[asset(publish(on_change))]
    same: f64,
    #[asset(publish(deadband = 0.01))]
    near: f64,
    #[asset(publish(deadband = 1000.0))]
    within: f64,
    #[asset(publish(min_interval = "1d"))]
    slow: f64,
    #[asset(publish(max_interval = "1d"))]
    lasting: f64,
    #[asset(stale_after = "1d")]
    watched: f64,
}

/// Ten assets of which each is told when it is set now and then.
#[derive(Device, Clone, Default)]
struct Paced {
    #[asset(publish(min_interval = "1ms"))]
    a: f64,
    #[asset(publish(min_interval = "1ms"))]
    b: f64,
    #[asset(publish(min_interval = "1ms"))]
    c: f64,
    #[asset(publish(min_interval = "1ms"))]
    d: f64,
    #[asset(publish(min_interval = "1ms"))]
    e: f64,
    #[asset(publish(min_interval = "1ms"))]
    f: f64,
    #[asset(publish(min_interval = "1ms"))]
    g: f64,
    #[asset(publish(min_interval = "1ms"))]
    h: f64,
    #[asset(publish(min_interval = "1ms"))]
    i: f64,
    #[asset(publish(min_interval = "1ms"))]
    j: f64,
}

/// What is sent ten at a time.
#[derive(Device, Clone, Default)]
#[device(batch(size = 10))]
struct Batched {
    #[asset]
    a: f64,
}

/// What is sent when it has been gathered for a while.
#[derive(Device, Clone, Default)]
#[device(batch(every = "1ms"))]
struct Gathered {
    #[asset]
    a: f64,
}

/// Sets all ten assets of a device, one after the other.
macro_rules! set_ten {
    ($device:expr, $value:expr) => {{
        let (device, value) = (&$device, $value);
        device.set_a(value).await?;
        device.set_b(value).await?;
        device.set_c(value).await?;
        device.set_d(value).await?;
        device.set_e(value).await?;
        device.set_f(value).await?;
        device.set_g(value).await?;
        device.set_h(value).await?;
        device.set_i(value).await?;
        device.set_j(value).await
    }};
}

/// What was spent for each, in nanoseconds.
pub(super) struct Spent {
    pub(super) setter: f64,
    /// A setter with each of these.
    pub(super) with: Vec<(&'static str, f64)>,
    /// A setter among ten that are set now and then, and the same with a `min_interval` that has ended.
    pub(super) rare: f64,
    pub(super) paced: f64,
    /// Ten setters, and what does as much at once.
    pub(super) ten: f64,
    pub(super) update: f64,
    pub(super) over_time: f64,
}

/// On a thread and a runtime of its own: whatever else the devices do is done there, and not while setters are timed.
pub(super) fn connected() -> Result<Spent, Failure> {
    let measured = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(set_and_deliver())
    });
    measured.join().map_err(|_| "the thread panicked")?
}

async fn set_and_deliver() -> Result<Spent, Failure> {
    let memory = MemoryPlatform::new();
    let machine = memory.platform().device("M-1", Machine::default()).connect().await?;
    let cautious = memory.platform().device("C-1", Cautious::default()).connect().await?;
    let paced = memory.platform().device("P-1", Paced::default()).connect().await?;
    let batched = memory.platform().device("B-1", Batched::default()).connect().await?;
    let gathered = memory.platform().device("G-1", Gathered::default()).connect().await?;
    let [mut setter, mut changing, mut same, mut near, mut slow, mut lasting, mut batch] =
        [Duration::ZERO; 7];
    let [mut within, mut watched, mut every] = [Duration::ZERO; 3];
    let [mut rare, mut interval, mut ten, mut update, mut over_time] = [Duration::ZERO; 5];
    let mut last_paced = Instant::now();
    for turn in 0..TURNS {
        // The first of them is other than the last of the turn before.
        let number = |at: usize| turn * AT_ONCE + at + 1;
        let set = at_once(AT_ONCE, async |n| machine.set_a(value(number(n))).await, &mut setter).await?;
        set.delivered().await?;
        let set = async |n| cautious.set_changing(value(number(n))).await;
        at_once(AT_ONCE, set, &mut changing).await?.delivered().await?;
        // What these were at the start has been told: what is equal is not told, and all that comes within the day is held.
        at_once(AT_ONCE, async |_| cautious.set_same(0.0).await, &mut same).await?;
        let set = async |n| cautious.set_near(value(number(n))).await;
        at_once(AT_ONCE, set, &mut near).await?.delivered().await?;
        // No value is a thousand away from the first.
        at_once(AT_ONCE, async |n| cautious.set_within(value(number(n))).await, &mut within).await?;
        at_once(AT_ONCE, async |n| cautious.set_slow(value(number(n))).await, &mut slow).await?;
        let set = async |n| cautious.set_lasting(value(number(n))).await;
        at_once(AT_ONCE, set, &mut lasting).await?.delivered().await?;
        let set = async |n| cautious.set_watched(value(number(n))).await;
        at_once(AT_ONCE, set, &mut watched).await?.delivered().await?;
        let set = async |n| batched.set_a(value(number(n))).await;
        at_once(AT_ONCE, set, &mut batch).await?.delivered().await?;
        let set = async |n| gathered.set_a(value(number(n))).await;
        at_once(AT_ONCE, set, &mut every).await?.delivered().await?;

        at_once(1, async |_| set_ten!(machine, value(turn)), &mut rare).await?.delivered().await?;
        while last_paced.elapsed() < INTERVAL {
            tokio::task::yield_now().await;
        }
        at_once(1, async |_| set_ten!(paced, value(turn)), &mut interval).await?.delivered().await?;
        last_paced = Instant::now();

        let tens = AT_ONCE / 10;
        let set = async |n| set_ten!(machine, value(number(n)));
        at_once(tens, set, &mut ten).await?.delivered().await?;
        let set = async |n| machine.update(|it| fill(it, value(number(n)) + 0.5)).await;
        at_once(tens, set, &mut update).await?.delivered().await?;
        let set = async |n| {
            let (mut it, value) = (machine.begin(), value(number(n)));
            it.set_a(value)?.set_b(value)?.set_c(value)?.set_d(value)?.set_e(value)?;
            it.set_f(value)?.set_g(value)?.set_h(value)?.set_i(value)?.set_j(value)?;
            it.finish().await
        };
        at_once(tens, set, &mut over_time).await?.delivered().await?;
    }
    let counts = [paced.stats().states, batched.stats().states, gathered.stats().states];
    if counts != [10 * TURNS as u64, SETTERS as u64, SETTERS as u64] {
        return Err(format!("other states than were set: {counts:?}").into());
    }
    machine.close().await?;
    cautious.close().await?;
    paced.close().await?;
    batched.close().await?;
    gathered.close().await?;
    let each = |spent: Duration, count: usize| spent.as_nanos() as f64 / count as f64;
    let with = [
        ("`on_change`, of another value", changing),
        ("`on_change`, of an equal value", same),
        ("`deadband`, of another value", near),
        ("`deadband`, of a value within it", within),
        ("`min_interval`, held", slow),
        ("`max_interval`, told", lasting),
        ("`stale_after`", watched),
        ("a batch of ten", batch),
        ("a batch by time", every),
    ];
    Ok(Spent {
        setter: each(setter, SETTERS),
        with: with.map(|(name, spent)| (name, each(spent, SETTERS))).into(),
        rare: each(rare, 10 * TURNS),
        paced: each(interval, 10 * TURNS),
        ten: each(ten, SETTERS / 10),
        update: each(update, SETTERS / 10),
        over_time: each(over_time, SETTERS / 10),
    })
}

/// Does something so many times, and adds to what was spent. Returns the receipt of the last.
async fn at_once(
    times: usize,
    mut set: impl AsyncFnMut(usize) -> Result<Receipt, SetError>,
    spent: &mut Duration,
) -> Result<Receipt, SetError> {
    // With a new turn.
    tokio::task::yield_now().await;
    let before = bench::cpu();
    for number in 1..times {
        set(number).await?;
    }
    let last = set(0).await?;
    *spent += bench::cpu() - before;
    Ok(last)
}

fn fill(machine: &mut Machine, value: f64) {
    let Machine { a, b, c, d, e, f, g, h, i, j } = machine;
    for field in [a, b, c, d, e, f, g, h, i, j] {
        *field = value;
    }
}
