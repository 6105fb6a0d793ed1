//! Figures: measured in one run, compared with a bound, printed a line each.

use std::error::Error;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::causes;
use crate::peer::{Peer, find};

/// Collects figures and prints them as they come.
#[derive(Debug, Default)]
pub struct Figures {
    missed: usize,
}

impl Figures {
    /// Finds a program that these figures need. Without it they are named as not measured, and with `CI=true` it is a failure.
    ///
    /// # Panics
    /// When the program is missing and `CI=true`.
    #[allow(clippy::print_stdout, reason = "it is what a benchmark is for")]
    pub fn needs(&self, program: &str, figures: &str) -> Option<Peer> {
        let found = find(program);
        if found.is_none() {
            assert!(
                std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                "{figures}: `{program}` is not installed"
            );
            println!("skipped: {figures}: `{program}` is not installed (`cargo xtask peers`)");
        }
        found
    }

    /// A figure with the most that it may be.
    #[allow(clippy::print_stdout, reason = "it is what a benchmark is for")]
    pub fn at_most(&mut self, name: &str, value: f64, bound: f64, unit: &str) {
        let verdict = if value <= bound { "ok" } else { "MISS" };
        self.missed += usize::from(value > bound);
        println!("{name:<58} {value:>12.3} {unit:<8} <= {bound:<10} {verdict}");
    }

    /// A figure with the least that it may be.
    #[allow(clippy::print_stdout, reason = "it is what a benchmark is for")]
    pub fn at_least(&mut self, name: &str, value: f64, bound: f64, unit: &str) {
        let verdict = if value >= bound { "ok" } else { "MISS" };
        self.missed += usize::from(value < bound);
        println!("{name:<58} {value:>12.3} {unit:<8} >= {bound:<10} {verdict}");
    }

    /// A figure without a bound.
    #[allow(clippy::print_stdout, reason = "it is what a benchmark is for")]
    pub fn tell(&mut self, name: &str, value: f64, unit: &str) {
        println!("{name:<58} {value:>12.3} {unit:<8}");
    }

    /// For tests that have figures.
    ///
    /// # Errors
    /// When a bound was missed.
    pub fn met(self) -> Result<(), String> {
        if self.missed == 0 { Ok(()) } else { Err(format!("{} bounds were missed", self.missed)) }
    }

    /// Failure when a bound was missed.
    #[must_use]
    pub fn exit(self) -> ExitCode {
        if self.missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Runs a benchmark as a program: an error is printed with its causes, and a bound that was missed is a failure.
///
/// # Panics
/// When there is no runtime to be had.
#[allow(clippy::print_stderr, reason = "it is a program's main")]
pub fn main<E: Deref<Target: Error>>(run: impl AsyncFnOnce(&mut Figures) -> Result<(), E>) -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut figures = Figures::default();
    match runtime.block_on(run(&mut figures)) {
        Ok(()) => figures.exit(),
        Err(error) => {
            eprintln!("error: {}", causes(&*error));
            ExitCode::FAILURE
        }
    }
}

/// The middle one.
///
/// # Panics
/// When there is none.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// More points than this cost more time (two by two) than they say more.
const POINTS: usize = 1000;

/// By how much `y` grows with each `x`, of points `(x, y)` in the order of `x`: the median of the slopes of the lines through each two of
/// them. What jumps up and down between two levels has none, a few that are far off change nothing, and what grows slowly underneath is
/// seen all the same. The line that fits best by least squares would follow whatever is far off. 0 of fewer than two.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let points: Vec<_> = points.iter().step_by(points.len().div_ceil(POINTS).max(1)).collect();
    let pairs = points.iter().enumerate().flat_map(|(index, a)| points[..index].iter().map(move |b| (a, b)));
    let apart = pairs.filter(|(a, b)| a.0 > b.0);
    let slopes: Vec<_> = apart.map(|(a, b)| (a.1 - b.1) / (a.0 - b.0)).collect();
    if slopes.is_empty() { 0.0 } else { median(slopes) }
}

/// The sample below which `part` (0 to 1) of all lie.
///
/// # Panics
/// When there is none.
pub fn percentile(samples: &mut [Duration], part: f64) -> Duration {
    samples.sort_unstable();
    samples[((samples.len() - 1) as f64 * part).round() as usize]
}

/// The most of these times, in their order, that lie within one second, wherever it begins.
pub fn busiest_second(times: &[Duration]) -> usize {
    let end = |from: Duration| times.partition_point(|at| *at < from + Duration::from_secs(1));
    times.iter().enumerate().map(|(index, from)| end(*from) - index).max().unwrap_or(0)
}

/// The CPU time that this process has used so far, its own and the system's for it.
pub fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The CPU time that a process has used so far, by its id, as the kernel's scheduler counts it: the system's for it as well.
/// `None` where nobody can tell.
pub fn cpu_of(process: u32) -> Option<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let used = |thread: PathBuf| {
        let line = std::fs::read_to_string(thread.join("schedstat")).ok()?;
        line.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    threads.map(|thread| used(thread.ok()?.path())).sum()
}

/// From now on this thread runs on one processor, with all threads and programs that it starts, where that can be had:
/// where the kernel puts whom is not measured then.
pub fn stay_on_one_processor() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};
        let mut one = CpuSet::new();
        one.set(sched_getcpu());
        // Not everybody may; then it is as it is.
        let _ = sched_setaffinity(None, &one);
    }
}

/// The memory that this process has resident, in bytes; 0 where nobody can tell.
pub fn resident() -> u64 {
    resident_of("self")
}

/// The memory that a process has resident, by its id, in bytes; 0 where nobody can tell.
pub fn resident_of(process: &str) -> u64 {
    const PAGE: u64 = 4096;
    let statm = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * PAGE
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: u32 = 400;

    /// Moments of rest, a second apart, ten at a time: what a device uses jumps between two levels, as its queues keep room or do not,
    /// and now and then much is under way. `leak`: in a minute.
    fn looks(seed: u64, leak: f64) -> Vec<(f64, f64)> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut level = 655.0;
        let mut look = |second: u32| {
            if second.is_multiple_of(10) {
                level = [655.0, 740.0][random.usize(..2)];
            }
            let minutes = f64::from(second) / 60.0;
            let under_way = if random.u8(0..20) == 0 { 300.0 } else { random.f64() };
            (minutes, level + under_way + leak * minutes)
        };
        (0..SECONDS).map(&mut look).collect()
    }

    #[test]
    fn what_jumps_between_two_levels_does_not_grow_and_a_leak_does() {
        // By least squares it would be off by up to 10.
        for seed in 0..20 {
            for leak in [0.0, 2.0, 10.0, -2.0] {
                let found = slope(&looks(seed, leak));
                assert!((found - leak).abs() < 0.5, "seed {seed}: {found} for {leak}");
            }
        }
    }

    #[test]
    fn a_slope_is_that_of_the_line_on_which_most_points_lie() {
        let line = |x: f64| (x, 3.0 * x + 1.0);
        let mut points: Vec<_> = (0..5000).map(f64::from).map(line).collect();
        points.iter_mut().step_by(7).for_each(|point| point.1 = 1e9);
        assert_eq!(slope(&points), 3.0);
        for few in [&[][..], &[(1.0, 2.0)], &[(1.0, 2.0), (1.0, 5.0)]] {
            assert_eq!(slope(few), 0.0, "{few:?}");
        }
    }
}
