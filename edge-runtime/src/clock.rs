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

/// A time that is compared in another life of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lasting {
    pub(crate) moment: Moment,
    /// By how much the clock was seen to be set until then. Without that it is a clock that nobody sets.
    pub(crate) set_by: SignedDuration,
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
        if looked >> 1 == at.as_second() {
            Moment { at, is_unsynced: looked & 1 != 0 }
        } else {
            self.look().moment
        }
    }

    /// The time, for what outlives the program. Looks at both clocks every time.
    #[cold]
    pub(crate) fn look(&self) -> Lasting {
        let (at, was, is_unsynced, set_by) = {
            let mut judge = lock(&self.judge);
            // Both behind the lock: who is overtaken while waiting for it would show an earlier time later.
            let (at, counted) = (self.clocks.wall(), self.clocks.counted());
            let was = judge.is_unsynced;
            (at, was, judge.look(at, counted), judge.set_by)
        };
        self.looked.store(at.as_second() << 1 | i64::from(is_unsynced), Relaxed);
        match (was, is_unsynced) {
            (false, true) => {
                tracing::warn!(%at, "the clock is not to be believed: states say so from now on")
            }
            (true, false) => tracing::info!(%at, "the clock is believed again"),
            _ => {}
        }
        Lasting { moment: Moment { at, is_unsynced }, set_by }
    }
}

/// Whether a clock is to be believed, by what it has shown. Pure.
#[derive(Debug, Default)]
struct Judge {
    /// What both showed at the last look.
    last: Option<(Timestamp, Duration)>,
    /// ... and when it could last be true.
    plausible: Option<(Timestamp, Duration)>,
    /// By how much it was set, all in all. That a clock was set which showed nothing that could be true does not count.
    set_by: SignedDuration,
    /// By the clock that counts.
    doubted_until: Duration,
    is_unsynced: bool,
}

impl Judge {
    fn look(&mut self, wall: Timestamp, counted: Duration) -> bool {
        let is_plausible = wall.as_second() >= EARLIEST;
        if is_plausible && let Some((was, counted_then)) = self.plausible.replace((wall, counted)) {
            let (shown, counted) = (wall.duration_since(was), counted - counted_then);
            if has_jumped(shown, counted) {
                let counted = SignedDuration::try_from(counted).unwrap_or(SignedDuration::MAX);
                self.set_by = self.set_by.saturating_add(shown.saturating_sub(counted));
            }
        }
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
/// by how much it was set in between is no age, and what cannot be known counts as new.
pub(crate) fn age(now: Lasting, accepted: Lasting) -> Duration {
    if [now, accepted].iter().any(|it| it.moment.is_unsynced || it.moment.at.as_second() < EARLIEST) {
        return Duration::ZERO;
    }
    let shown = now.moment.at.duration_since(accepted.moment.at);
    shown.saturating_sub(now.set_by.saturating_sub(accepted.set_by)).try_into().unwrap_or_default()
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
        let set = |at, hours| Lasting { moment: Moment::said(at), set_by: SignedDuration::from_hours(hours) };
        let said = |at| set(at, 0);
        let unsynced = Lasting { moment: Moment { at: then, is_unsynced: true }, ..said(then) };
        assert_eq!(age(said(now), said(then)), Duration::from_secs(60));
        assert_eq!(age(said(then), said(now)), Duration::ZERO);
        assert_eq!(age(said(now), unsynced), Duration::ZERO);
        assert_eq!(age(said(now), said(Timestamp::UNIX_EPOCH)), Duration::ZERO);
        assert_eq!(age(said(Timestamp::UNIX_EPOCH), said(then)), Duration::ZERO);
        // It was set by eight hours between the two, forward or back.
        for hours in [8, -8] {
            let later = now + SignedDuration::from_hours(hours);
            assert_eq!(age(set(later, 3 + hours), set(then, 3)), Duration::from_secs(60), "{hours}");
        }
    }

    #[test]
    fn c15_by_how_much_a_clock_was_set_is_known() {
        let mut judge = Judge::default();
        let mut look = |wall: &str, counted| {
            judge.look(wall.parse().unwrap(), Duration::from_secs(counted));
            judge.set_by.as_secs()
        };
        // The first that could be true was set, and so what.
        assert_eq!(look("1970-01-01T00:00:00Z", 0), 0);
        assert_eq!(look("2031-02-03T00:00:00Z", 1), 0);
        assert_eq!(look("2031-02-03T00:01:00Z", 61), 0);
        assert_eq!(look("2031-02-03T08:01:10Z", 71), 8 * 3600);
        assert_eq!(look("2031-02-03T07:01:20Z", 81), 7 * 3600);
        // By way of 1970.
        assert_eq!(look("1970-01-01T00:00:00Z", 91), 7 * 3600);
        assert_eq!(look("2031-02-03T09:01:40Z", 101), 9 * 3600);
    }

    /// A clock on the wall at which somebody looks who is then kept from going on.
    #[derive(Debug)]
    struct Held {
        clock: crate::testing::SetClock,
        looked: std::sync::mpsc::Sender<()>,
        go_on: Mutex<Option<std::sync::mpsc::Receiver<()>>>,
    }

    impl Clocks for Held {
        fn wall(&self) -> Timestamp {
            let wall = self.clock.wall();
            let go_on = lock(&self.go_on).take();
            if let Some(go_on) = go_on {
                self.looked.send(()).unwrap();
                go_on.recv().unwrap();
            }
            wall
        }

        fn counted(&self) -> Duration {
            self.clock.counted()
        }
    }

    /// Who had read the time was kept from its lock for ten seconds, while others looked: the clock seemed to jump back.
    #[test]
    fn c15_who_is_overtaken_while_looking_sees_no_jump() {
        let set = crate::testing::SetClock::new("2031-02-03T00:00:00Z".parse().unwrap());
        let (looked, has_looked) = std::sync::mpsc::channel();
        let (go_on, wait) = std::sync::mpsc::channel();
        let go_on_ = Mutex::new(None);
        let held = Arc::new(Held { clock: set.clone(), looked, go_on: go_on_ });
        let clock = WallClock::new(Arc::<Held>::clone(&held));
        assert!(!clock.now().is_unsynced);
        set.advance(Duration::from_secs(1));
        *lock(&held.go_on) = Some(wait);
        std::thread::scope(|scope| {
            let overtaken = scope.spawn(|| clock.now());
            has_looked.recv().unwrap();
            set.advance(Duration::from_secs(10));
            assert!(!clock.now().is_unsynced);
            go_on.send(()).unwrap();
            assert!(!overtaken.join().unwrap().is_unsynced);
        });
        set.advance(Duration::from_secs(1));
        assert!(!clock.now().is_unsynced);
    }
}
