//! A process from outside: its memory, its processor time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use edge_tests::Process;
use edge_tests::bench::{median, slope};
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
    /// In KiB a minute, after the warm-up.
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
            growth: slope(&warm.iter().map(|it| (it.minutes, it.resident)).collect::<Vec<_>>()),
        }
    }
}

/// By how much what was in use has grown, in KiB a minute. From too little nothing follows, least of all that it is good.
pub(super) fn growth(looks: &[Look]) -> f64 {
    let line = |calm: [Vec<&Look>; 2]| {
        slope(&calm.concat().iter().map(|look| (look.minutes, look.used)).collect::<Vec<_>>())
    };
    calm(looks).map_or(f64::INFINITY, line)
}

/// How many more files are open, at the least.
pub(super) fn files(looks: &[Look]) -> f64 {
    let least = |looks: &[&Look]| looks.iter().map(|look| look.files).min().unwrap_or(0) as f64;
    calm(looks).map_or(f64::INFINITY, |[first, second]| least(&second) - least(&first))
}

/// The moments of rest of both halves of what comes after the warm-up. Only moments count in which all was delivered: then there is one
/// connection. `None`: they are too few.
fn calm(looks: &[Look]) -> Option<[Vec<&Look>; 2]> {
    let end = looks.last()?.minutes;
    let warm = end / WARM_UP as f64;
    let calm = looks.iter().filter(|look| look.minutes >= warm && look.has_caught_up());
    let (first, second): (Vec<_>, Vec<_>) = calm.partition(|look| look.minutes < (warm + end) / 2.0);
    (first.len() >= ENOUGH && second.len() >= ENOUGH).then_some([first, second])
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
