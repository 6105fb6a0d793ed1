//! A process from outside: its memory, its processor time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use edge_tests::Process;
use edge_tests::bench::median;
use tokio::task::JoinHandle;

use crate::Result;
use crate::device::Look;

const EVERY: Duration = Duration::from_secs(1);
/// The first third is to warm up.
pub(super) const WARM_UP: usize = 3;
/// In so many moments at least all was delivered, in each half.
const ENOUGH: usize = 10;
const PAGE_KIB: f64 = 4.0;
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Clone, Copy, Debug)]
struct Sample {
    minutes: f64,
    /// In KiB.
    resident: f64,
    cpu: Duration,
}

/// Looks at a process every second.
pub(super) struct Watch(JoinHandle<Vec<Sample>>, tokio::sync::oneshot::Sender<()>);

/// What was seen.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) cpu: Duration,
    /// After the warm-up and at the end, in KiB; each the median of a tenth of the rest.
    pub(super) resident: (f64, f64),
    /// In KiB a minute, after the warm-up: the slope of the line that fits best.
    pub(super) growth: f64,
}

impl Watch {
    pub(super) fn start(process: &Process) -> Result<Self> {
        let folder = PathBuf::from("/proc").join(process.id().ok_or("the device has ended")?.to_string());
        let (stop, mut stopped) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let start = Instant::now();
            let mut samples = Vec::new();
            while stopped.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
                samples.extend(sample(&folder, start));
                tokio::time::sleep(EVERY).await;
            }
            samples
        });
        Ok(Self(task, stop))
    }

    /// # Panics
    /// When it has seen nothing.
    pub(super) async fn end(self) -> Watched {
        drop(self.1);
        let samples = self.0.await.expect("watching does not panic");
        let cpu = samples.last().expect("it has seen something").cpu;
        let warm = &samples[samples.len() / WARM_UP..];
        let tenth = warm.len().div_ceil(10);
        let of = |samples: &[Sample], what: fn(&Sample) -> f64| median(samples.iter().map(what).collect());
        let (first, last) = (&warm[..tenth], &warm[warm.len() - tenth..]);
        Watched {
            cpu,
            resident: (of(first, |it| it.resident), of(last, |it| it.resident)),
            growth: slope(warm),
        }
    }
}

/// By how much the least that was in use has grown, in KiB a minute.
pub(super) fn growth(looks: &[Look]) -> f64 {
    least(looks, |look| look.used).map_or(f64::INFINITY, |it| (it.after - it.before) / it.minutes)
}

/// How many more files are open, at the least.
pub(super) fn files(looks: &[Look]) -> f64 {
    least(looks, |look| look.files as f64).map_or(f64::INFINITY, |it| it.after - it.before)
}

/// The least of what a device had at its moments of rest.
struct Least {
    /// In the first half of what comes after the warm-up.
    before: f64,
    /// In the second half of it.
    after: f64,
    /// Between the middle of the one and the middle of the other.
    minutes: f64,
}

/// Only moments count in which all was delivered: then there is one connection. And of those the least, because queues keep
/// room for more than is in them. `None`: from too little nothing follows, least of all that it is good.
fn least(looks: &[Look], what: fn(&Look) -> f64) -> Option<Least> {
    let end = looks.last()?.minutes;
    let warm = end / WARM_UP as f64;
    let calm = looks.iter().filter(|look| look.minutes >= warm && look.has_caught_up());
    let (first, second): (Vec<_>, Vec<_>) = calm.partition(|look| look.minutes < (warm + end) / 2.0);
    if first.len() < ENOUGH || second.len() < ENOUGH {
        return None;
    }
    let least = |looks: &[&Look]| looks.iter().copied().map(what).fold(f64::INFINITY, f64::min);
    let middle = |looks: &[&Look]| looks.iter().map(|look| look.minutes).sum::<f64>() / looks.len() as f64;
    Some(Least { before: least(&first), after: least(&second), minutes: middle(&second) - middle(&first) })
}

/// By least squares.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let mean = |what: fn(&Sample) -> f64| samples.iter().map(what).sum::<f64>() / count;
    let (minutes, resident) = (mean(|it| it.minutes), mean(|it| it.resident));
    let together: f64 = samples.iter().map(|it| (it.minutes - minutes) * (it.resident - resident)).sum();
    let alone: f64 = samples.iter().map(|it| (it.minutes - minutes).powi(2)).sum();
    if alone > 0.0 { together / alone } else { 0.0 }
}

fn sample(folder: &std::path::Path, start: Instant) -> Option<Sample> {
    let memory = std::fs::read_to_string(folder.join("statm")).ok()?;
    let pages: f64 = memory.split(' ').nth(1)?.parse().ok()?;
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    // Behind the program's name, which may hold anything: the 12th and the 13th.
    let mut times = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<f64>().ok();
    let cpu = Duration::from_secs_f64((ticks()? + ticks()?) / TICKS_PER_SECOND);
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    Some(Sample { minutes, resident: pages * PAGE_KIB, cpu })
}
