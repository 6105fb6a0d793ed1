//! What the broker was told to do. Pure: what comes goes in, what is to be done about it comes out.

use std::collections::{HashSet, VecDeque};

use crate::testing::broker::matches;

/// How a connection is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cut {
    /// Closed in order (FIN), but for acknowledgements that were not written yet.
    #[default]
    Close,
    /// Reset (RST): what is on the way is lost as well.
    Reset,
    /// As [`Close`](Self::Close), and the broker forgets the client's session.
    Forget,
}

/// How a CONNECT is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Welcome {
    Accept { session: Option<bool>, cut: bool },
    Refuse(u8),
    Silence,
}

/// What is done about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Acknowledge { times: usize },
    Withhold,
    Cut(Cut),
}

#[derive(Debug, Default)]
pub(super) struct Script {
    /// One for each connection.
    pub(super) refusals: VecDeque<u8>,
    pub(super) silent_connects: usize,
    /// What the next CONNACK says of the session, whatever is true.
    pub(super) session: Option<bool>,
    pub(super) cuts_on_connect: usize,
    /// After how many messages, and how.
    pub(super) cuts: VecDeque<(usize, Cut)>,
    /// Messages since the last cut was planned or done.
    counted: usize,
    /// Messages since the start.
    published: usize,
    withheld: HashSet<usize>,
    pub(super) withhold_all: bool,
    pub(super) twice: usize,
    /// How many acknowledgements are held back and shuffled.
    pub(super) shuffle: usize,
    pub(super) refuse_subscriptions: usize,
    pub(super) withhold_subacks: usize,
    /// Filters of topics on which nobody may publish.
    pub(super) forbidden: Vec<String>,
}

impl Script {
    pub(super) fn plan_cuts(&mut self, after: &[usize], cut: Cut) {
        if self.cuts.is_empty() {
            self.counted = 0;
        }
        self.cuts.extend(after.iter().map(|&after| (after, cut)));
    }

    /// The n-th message from now, from 1.
    pub(super) fn withhold(&mut self, nth: usize) {
        self.withheld.insert(self.published + nth);
    }

    pub(super) fn connect(&mut self) -> Welcome {
        if count_down(&mut self.silent_connects) {
            return Welcome::Silence;
        }
        if let Some(code) = self.refusals.pop_front() {
            return Welcome::Refuse(code);
        }
        Welcome::Accept { session: self.session.take(), cut: count_down(&mut self.cuts_on_connect) }
    }

    pub(super) fn publish(&mut self, topic: &str) -> Verdict {
        if self.forbidden.iter().any(|filter| matches(filter, topic)) {
            return Verdict::Cut(Cut::Close);
        }
        self.counted += 1;
        self.published += 1;
        let withheld = self.withheld.remove(&self.published);
        if let Some((_, cut)) = self.cuts.pop_front_if(|(after, _)| *after <= self.counted) {
            self.counted = 0;
            return Verdict::Cut(cut);
        }
        match withheld || self.withhold_all {
            true => Verdict::Withhold,
            false => Verdict::Acknowledge { times: 1 + usize::from(count_down(&mut self.twice)) },
        }
    }
}

/// Whether there was one left.
pub(super) fn count_down(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "a/b";

    #[test]
    fn what_is_forbidden_breaks_the_connection_every_time() {
        let forbidden = vec!["a/+".to_owned()];
        let mut script = Script { forbidden, ..Script::default() };
        let verdicts = ["a/b", "b/b", "a/c"].map(|topic| script.publish(topic));
        let cut = Verdict::Cut(Cut::Close);
        assert_eq!(verdicts, [cut, Verdict::Acknowledge { times: 1 }, cut]);
    }

    #[test]
    fn cuts_count_from_the_one_before() {
        let mut script = Script::default();
        script.publish(TOPIC);
        script.plan_cuts(&[2, 1], Cut::Reset);
        script.withhold(1);
        let verdicts: Vec<_> = std::iter::repeat_with(|| script.publish(TOPIC)).take(4).collect();
        let acknowledged = Verdict::Acknowledge { times: 1 };
        let cut = Verdict::Cut(Cut::Reset);
        assert_eq!(verdicts, [Verdict::Withhold, cut, cut, acknowledged]);
    }

    #[test]
    fn connects_are_answered_as_told_and_then_well() {
        let refusals = [5].into();
        let mut script = Script { silent_connects: 1, refusals, session: Some(true), ..Script::default() };
        let welcomes: Vec<_> = std::iter::repeat_with(|| script.connect()).take(4).collect();
        let accepted = |session| Welcome::Accept { session, cut: false };
        assert_eq!(welcomes, [Welcome::Silence, Welcome::Refuse(5), accepted(Some(true)), accepted(None)]);
    }
}
