//! The clock on the wall, and whether it is to be believed. It is not before a date that has passed for certain, nor for
//! a while after it has jumped: was it set right, or wrong? Nobody here can know.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::lock::lock;

/// 2026-01-01T00:00:00Z: this version is not older, so no clock that is right shows less.
const EARLIEST: i64 = 1_767_225_600;

/// A clock that is set by so much, against the one that only counts, has jumped.
const JUMP: SignedDuration = SignedDuration::from_secs(2);
/// ... besides a part of the time since the last look, for clocks that are slow, or are being slowed down.
const DRIFT: i32 = 1000;

/// So long after a jump a clock is not believed.
pub(crate) const DOUBT: Duration = Duration::from_secs(600);

/// A time at which something held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    /// It was taken from a clock that was not to be believed.
    pub(crate) is_unsynced: bool,
}

impl Moment {
    /// A time that the program says: it will know.
    pub(crate) fn said(at: Timestamp) -> Self {
        Self { at, is_unsynced: false }
    }
}

/// Two clocks: the one on the wall, which can be set, and one that only counts.
pub(crate) trait Clocks: Send + Sync + fmt::Debug {
    fn wall(&self) -> Timestamp;

    /// Since whenever.
    fn counted(&self) -> Duration;
}

/// The machine's. Not tokio's clock, which tests stop: it would seem to jump.
#[derive(Debug)]
struct Machine(Instant);

impl Clocks for Machine {
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn counted(&self) -> Duration {
        self.0.elapsed()
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct WallClock {
    clocks: Arc<dyn Clocks>,
    /// The second of the last look, and in the lowest bit what came of it: within that second nothing needs to be
    /// looked at again.
    looked: AtomicI64,
    judge: Mutex<Judge>,
}

impl Default for WallClock {
    fn default() -> Self {
        Self::new(Arc::new(Machine(Instant::now())))
    }
}

impl WallClock {
    pub(crate) fn new(clocks: Arc<dyn Clocks>) -> Self {
        Self { clocks, looked: AtomicI64::new(i64::MIN), judge: Mutex::default() }
    }

    /// The time.
    pub(crate) fn now(&self) -> Moment {
        let at = self.clocks.wall();
        let looked = self.looked.load(Relaxed);
        let is_unsynced = if looked >> 1 == at.as_second() { looked & 1 != 0 } else { self.look(at) };
        Moment { at, is_unsynced }
    }

    #[cold]
    fn look(&self, at: Timestamp) -> bool {
        let (was, is_unsynced) = {
            let mut judge = lock(&self.judge);
            let was = judge.is_unsynced;
            (was, judge.look(at, self.clocks.counted()))
        };
        self.looked.store(at.as_second() << 1 | i64::from(is_unsynced), Relaxed);
        match (was, is_unsynced) {
            (false, true) => {
                tracing::warn!(%at, "the clock is not to be believed: states say so from now on")
            }
            (true, false) => tracing::info!(%at, "the clock is believed again"),
            _ => {}
        }
        is_unsynced
    }
}

/// Whether a clock is to be believed, by what it has shown. Pure.
#[derive(Debug, Default)]
struct Judge {
    /// What both showed at the last look.
    last: Option<(Timestamp, Duration)>,
    /// By the clock that counts.
    doubted_until: Duration,
    is_unsynced: bool,
}

impl Judge {
    fn look(&mut self, wall: Timestamp, counted: Duration) -> bool {
        let is_plausible = wall.as_second() >= EARLIEST;
        let last = self.last.replace((wall, counted));
        // A clock that shows for the first time what may be true has been set, after a start without one.
        let last = last.filter(|(was, _)| is_plausible && was.as_second() >= EARLIEST);
        if last
            .is_some_and(|(was, counted_then)| has_jumped(wall.duration_since(was), counted - counted_then))
        {
            self.doubted_until = counted.saturating_add(DOUBT);
        }
        self.is_unsynced = !is_plausible || counted < self.doubted_until;
        self.is_unsynced
    }
}

fn has_jumped(shown: SignedDuration, counted: Duration) -> bool {
    let Ok(counted) = SignedDuration::try_from(counted) else { return true };
    shown.saturating_sub(counted).abs() > JUMP.saturating_add(counted / DRIFT)
}

/// How old something is that was accepted at a time, by a clock that may not have been right then, or not be now:
/// what cannot be known counts as new.
pub(crate) fn age(now: Moment, accepted: Moment) -> Duration {
    if [now, accepted].iter().any(|it| it.is_unsynced || it.at.as_second() < EARLIEST) {
        return Duration::ZERO;
    }
    now.at.duration_since(accepted.at).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown, what is counted, and whether that is not believed.
    #[track_caller]
    fn check(looks: &[(&str, u64, bool)]) {
        let mut judge = Judge::default();
        for (index, (wall, counted, expected)) in looks.iter().enumerate() {
            let is_unsynced = judge.look(wall.parse().unwrap(), Duration::from_secs(*counted));
            assert_eq!(is_unsynced, *expected, "look {index}: {wall} at {counted} s");
        }
    }

    #[test]
    fn c15_a_clock_that_runs_is_believed_and_one_before_our_time_is_not() {
        check(&[("2031-02-03T00:00:00Z", 0, false), ("2031-02-03T01:00:00Z", 3600, false)]);
        // A little slow, for a day.
        check(&[("2031-02-03T00:00:00Z", 0, false), ("2031-02-03T23:59:30Z", 86_400, false)]);
        check(&[("1970-01-01T00:00:07Z", 0, true), ("2025-12-31T23:59:59Z", 1, true)]);
        // It was set after the start.
        check(&[("1970-01-01T00:00:07Z", 0, true), ("2031-02-03T00:00:00Z", 9, false)]);
    }

    #[test]
    fn c15_a_clock_that_jumps_is_not_believed_for_a_while() {
        for jumped in ["2031-02-03T01:00:10Z", "2031-02-02T23:00:10Z", "2041-02-03T00:00:10Z"] {
            let mut judge = Judge::default();
            let mut look = |wall: Timestamp, counted| judge.look(wall, Duration::from_secs(counted));
            let jumped: Timestamp = jumped.parse().unwrap();
            assert!(!look("2031-02-03T00:00:00Z".parse().unwrap(), 0));
            assert!(look(jumped, 10), "{jumped}");
            assert!(look(jumped + SignedDuration::from_secs(599), 609), "{jumped}");
            assert!(!look(jumped + SignedDuration::from_secs(600), 610), "{jumped}");
        }
        // To 1970 and back: what it shows then may be right.
        check(&[
            ("2031-02-03T00:00:00Z", 0, false),
            ("1970-01-01T00:00:00Z", 1, true),
            ("2031-02-03T00:00:02Z", 2, false),
        ]);
        // A leap second, which is repeated, is no jump.
        check(&[("2031-06-30T23:59:59Z", 0, false), ("2031-06-30T23:59:59Z", 1, false)]);
    }

    #[test]
    fn c15_what_nobody_can_know_the_age_of_is_new() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let (then, now) = (time("2031-02-03T00:00:00Z"), time("2031-02-03T00:01:00Z"));
        let unsynced = Moment { at: then, is_unsynced: true };
        assert_eq!(age(Moment::said(now), Moment::said(then)), Duration::from_secs(60));
        assert_eq!(age(Moment::said(then), Moment::said(now)), Duration::ZERO);
        assert_eq!(age(Moment::said(now), unsynced), Duration::ZERO);
        assert_eq!(age(Moment::said(now), Moment::said(Timestamp::UNIX_EPOCH)), Duration::ZERO);
        assert_eq!(age(Moment::said(Timestamp::UNIX_EPOCH), Moment::said(then)), Duration::ZERO);
    }
}
