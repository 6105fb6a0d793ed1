//! What the broker must answer, and whether that is late. Pure: takes the clock as a parameter.
//!
//! What is said on a connection is counted in bytes, and what must be answered ends at a mark. An answer is waited for from
//! when all before its mark has gone to the socket. A socket takes far more than a slow link has carried; so until something is
//! answered that was said at the mark or behind it, there is time for all that lies between, and for what comes
//! meanwhile, behind which the answer may stand.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// After this time without an answer something is wrong: the broker, or the way to it. With the longest first
/// wait before a reconnection, 8 s, it is less than 20 s. For a subscription the broker is asked twice within it.
pub(super) const OVERDUE: Duration = Duration::from_secs(10);

/// Less than this in a second is nothing: no link that is of any use is slower.
pub(super) const SLOWEST: u64 = 512;

/// ... and however much there is to move, no longer than this.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

/// After this time without an answer the broker is asked whether it has come so far.
const DOUBT: Duration = Duration::from_secs(2);

/// So many bytes behind the last mark, another one is set: else nobody would know how far they have come.
const UNMARKED: u64 = 16 * 1024;

/// A place in what is said on a connection: so many bytes are before it.
pub(super) type Mark = u64;

/// What is answered; of each kind the first that was said is answered first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Publish,
    Subscribe,
    Ping,
}

const KINDS: [Kind; 3] = [Kind::Publish, Kind::Subscribe, Kind::Ping];

/// Answers of one kind.
#[derive(Debug, Default)]
struct Line {
    marks: VecDeque<Mark>,
    /// Since when the first of them is waited for; `None`: it did not go yet.
    since: Option<Instant>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Waits {
    lines: [Line; KINDS.len()],
    /// The last that was set.
    last: Mark,
    /// Went to the socket, and when something last did, or was there to go.
    gone: Mark,
    went: Instant,
    /// Is at the broker for certain.
    arrived: Mark,
    /// When enough came to excuse what may stand behind it.
    excused: Option<Instant>,
}

impl Waits {
    pub(super) fn new(now: Instant) -> Self {
        Self { lines: Default::default(), last: 0, gone: 0, went: now, arrived: 0, excused: None }
    }

    /// Something is said that is answered, and ends here.
    pub(super) fn expect(&mut self, kind: Kind, mark: Mark) {
        self.lines[kind as usize].marks.push_back(mark);
        self.last = mark;
    }

    /// Whether a mark should be set, when so much was said.
    pub(super) fn needs_mark(&self, said: Mark) -> bool {
        said - self.last >= UNMARKED
    }

    /// There is something to go, after there was nothing.
    pub(super) fn begin(&mut self, now: Instant) {
        self.went = now;
    }

    /// So much has gone. Returns whether that is news.
    pub(super) fn go(&mut self, gone: Mark, now: Instant) -> bool {
        let is_news = gone > self.gone;
        if is_news {
            (self.gone, self.went) = (gone, now);
        }
        for line in &mut self.lines {
            line.start(gone, now);
        }
        is_news
    }

    /// What ends at this mark is answered.
    pub(super) fn answered(&mut self, kind: Kind, mark: Mark, now: Instant) {
        let line = &mut self.lines[kind as usize];
        if line.marks.front() == Some(&mark) {
            line.marks.pop_front();
            line.since = None;
            line.start(self.gone, now);
        } else if let Ok(index) = line.marks.binary_search(&mark) {
            // It has overtaken the first, which goes on being waited for.
            line.marks.remove(index);
        }
        self.arrive(mark, now);
    }

    /// The first of this kind is answered.
    pub(super) fn answered_first(&mut self, kind: Kind, now: Instant) {
        if let Some(mark) = self.lines[kind as usize].marks.front().copied() {
            self.answered(kind, mark, now);
        }
    }

    /// All before this mark is at the broker. What was not known to be, and had more time than all have because of its way,
    /// has its time from now on.
    fn arrive(&mut self, mark: Mark, now: Instant) {
        let before = self.arrived;
        if mark <= before {
            return;
        }
        self.arrived = mark;
        for line in &mut self.lines {
            let (Some(first), Some(since)) = (line.marks.front(), line.since) else { continue };
            let is_far = first.saturating_sub(before) >= SLOWEST;
            if is_far || *first > before && self.excused.is_some_and(|excused| excused >= since) {
                line.since = Some(now);
            }
        }
    }

    /// So much came that answers may be standing behind it.
    pub(super) fn excuse(&mut self, now: Instant) {
        self.excused = Some(now);
    }

    /// Whether nothing of this kind is waited for.
    pub(super) fn has_none(&self, kind: Kind) -> bool {
        self.lines[kind as usize].marks.is_empty()
    }

    /// Whether it would help to know how far it has come: an answer is missing, and nothing was asked behind it.
    pub(super) fn is_in_doubt(&self, now: Instant) -> bool {
        let asked = self.lines[Kind::Ping as usize].marks.back().copied().unwrap_or_default();
        let known = asked.max(self.arrived);
        self.lines.iter().any(|line| {
            let first = line.marks.front().zip(line.since);
            first.is_some_and(|(mark, since)| *mark > known && lasts(since, now) >= DOUBT)
        })
    }

    /// What should have been answered by now.
    pub(super) fn late(&self, now: Instant) -> Option<Kind> {
        KINDS.into_iter().find(|kind| self.is_late(&self.lines[*kind as usize], now))
    }

    fn is_late(&self, line: &Line, now: Instant) -> bool {
        let (Some(mark), Some(since)) = (line.marks.front(), line.since) else { return false };
        let Some(way) = mark.checked_sub(self.arrived).filter(|way| *way > 0) else {
            return lasts(since, now) >= OVERDUE;
        };
        let takes = Duration::from_secs(way / SLOWEST).min(PATIENCE);
        let excused = self.excused.map_or(since, |excused| excused.max(since));
        lasts(excused, now) >= OVERDUE + takes || lasts(since, now) >= OVERDUE + PATIENCE
    }

    /// Whether nothing goes any more of what was said so far, although there is a connection.
    pub(super) fn is_stuck(&self, said: Mark, now: Instant) -> bool {
        said > self.gone && lasts(self.went, now) >= OVERDUE + PATIENCE
    }
}

impl Line {
    /// The first is waited for from when it has gone, or from when it has become the first.
    fn start(&mut self, gone: Mark, now: Instant) {
        if self.since.is_none() && self.marks.front().is_some_and(|first| *first <= gone) {
            self.since = Some(now);
        }
    }
}

fn lasts(since: Instant, now: Instant) -> Duration {
    now.saturating_duration_since(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits() -> (Waits, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (Waits::new(start), move |seconds| start + Duration::from_secs(seconds))
    }

    #[test]
    fn what_did_not_go_is_not_late_and_what_went_is_after_a_while() {
        let (mut waits, at) = waits();
        waits.expect(Kind::Subscribe, 100);
        waits.go(99, at(0));
        assert_eq!(waits.late(at(300)), None);
        waits.go(100, at(300));
        assert_eq!((waits.late(at(309)), waits.late(at(310))), (None, Some(Kind::Subscribe)));
        waits.answered(Kind::Subscribe, 100, at(310));
        assert_eq!(waits.late(at(9999)), None);
    }

    #[test]
    fn what_never_goes_is_noticed() {
        let (mut waits, at) = waits();
        waits.begin(at(100));
        assert!(!waits.is_stuck(50, at(409)) && waits.is_stuck(50, at(410)));
        assert!(waits.go(20, at(400)) && !waits.go(20, at(401)));
        assert!(!waits.is_stuck(50, at(709)) && waits.is_stuck(50, at(710)));
        assert!(!waits.is_stuck(20, at(9999)));
    }

    #[test]
    fn an_answer_that_was_passed_over_or_a_silent_broker_is_late() {
        let (mut waits, at) = waits();
        for mark in [10, 20, 30] {
            waits.expect(Kind::Publish, mark);
        }
        waits.go(30, at(0));
        // A slow one: the first comes late, the others may yet.
        waits.answered(Kind::Publish, 10, at(9));
        assert_eq!((waits.late(at(18)), waits.late(at(19))), (None, Some(Kind::Publish)));
        // The third before the second.
        waits.answered(Kind::Publish, 30, at(12));
        assert_eq!((waits.late(at(18)), waits.late(at(19))), (None, Some(Kind::Publish)));
        waits.answered(Kind::Publish, 20, at(18));
        assert_eq!(waits.late(at(999)), None);
        // Nothing of the sort was said.
        waits.answered(Kind::Publish, 7, at(18));
    }

    #[test]
    fn c08_what_lies_before_it_has_the_time_that_it_takes_and_no_more() {
        for kind in KINDS {
            let (mut waits, at) = waits();
            waits.expect(kind, 51_200);
            waits.go(51_200, at(0));
            assert_eq!(
                (waits.late(at(109)), waits.late(at(110))),
                (None, Some(kind)),
                "100 s, and what all have"
            );
            waits.expect(Kind::Ping, 51_202);
            waits.go(51_202, at(1));
            waits.answered(Kind::Publish, 51_200, at(109));
            // A little more was said, and has arrived as well.
            waits.arrive(51_202, at(109));
            assert_eq!((waits.late(at(118)), waits.late(at(119)).is_some()), (None, true));
        }
        let (mut waits, at) = waits();
        waits.expect(Kind::Publish, 16_000_000);
        waits.go(16_000_000, at(0));
        assert_eq!((waits.late(at(309)), waits.late(at(310))), (None, Some(Kind::Publish)));
    }

    #[test]
    fn c05_what_comes_excuses_what_may_stand_behind_it_and_not_for_ever() {
        let (mut waits, at) = waits();
        waits.expect(Kind::Publish, 100);
        waits.go(100, at(0));
        for second in (5..400).step_by(5) {
            waits.excuse(at(second));
            assert_eq!(waits.late(at(second)).is_some(), second >= 310, "{second}");
        }
        // Of what is known to be at the broker, the answer stands behind nothing.
        let (mut waits, at) = self::waits();
        waits.expect(Kind::Publish, 100);
        waits.go(100, at(0));
        assert!(!waits.is_in_doubt(at(1)) && waits.is_in_doubt(at(2)));
        waits.expect(Kind::Ping, 102);
        assert!(!waits.is_in_doubt(at(3)), "it was asked");
        waits.go(102, at(2));
        waits.answered_first(Kind::Ping, at(3));
        assert!(!waits.is_in_doubt(at(9)), "it is known");
        waits.excuse(at(9));
        assert_eq!((waits.late(at(9)), waits.late(at(10))), (None, Some(Kind::Publish)));
        // ... and what was excused before that was known has its time from then on.
        waits.answered(Kind::Publish, 100, at(10));
        waits.expect(Kind::Publish, 200);
        waits.expect(Kind::Ping, 202);
        waits.go(202, at(10));
        waits.excuse(at(19));
        waits.answered_first(Kind::Ping, at(25));
        assert_eq!((waits.late(at(34)), waits.late(at(35))), (None, Some(Kind::Publish)));
    }

    #[test]
    fn marks_are_set_where_nothing_is_answered() {
        let (mut waits, _) = waits();
        assert!(!waits.needs_mark(UNMARKED - 1) && waits.needs_mark(UNMARKED));
        waits.expect(Kind::Ping, UNMARKED);
        assert!(!waits.needs_mark(2 * UNMARKED - 1) && waits.needs_mark(2 * UNMARKED));
    }
}
