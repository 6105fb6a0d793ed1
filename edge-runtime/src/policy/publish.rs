//! Whether and when a value of an asset is told.

use std::num::IntErrorKind;
use std::time::Duration;

use edge_proto::Number;
use tokio::time::Instant;

use crate::value::codec::Json;

/// When the platform is told a value that an asset has been set to. The device's value is the new one in any
/// case. Without any of these, every value is told at once.
///
/// First `on_change` and `deadband` decide whether a value is worth telling, by what was told last; then
/// `min_interval` decides when; and `max_interval` says again what holds when nothing was told for long.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PublishPolicy {
    /// A value equal to the one that was told last is not told.
    pub on_change: bool,
    /// A number is told only when it differs by more than this from the one that was told last; what is no number
    /// (an `Option` that is `None`), when it differs.
    pub deadband: Option<f64>,
    /// No two values are told within this time. Of those that come sooner the newest is held, and told at its
    /// end, if it is worth telling then.
    pub min_interval: Option<Duration>,
    /// When nothing was told for this time, the value is told again.
    pub max_interval: Option<Duration>,
}

impl PublishPolicy {
    /// Every value at once.
    pub const NONE: Self = Self { on_change: false, deadband: None, min_interval: None, max_interval: None };

    /// Whether it matters when something was told.
    pub(crate) fn is_timed(&self) -> bool {
        self.min_interval.is_some() || self.max_interval.is_some()
    }

    /// Whether it is [`NONE`](Self::NONE).
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// What is done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is told now.
    Tell,
    /// It is told when the interval is over, unless a newer one is.
    Hold,
    /// It is not worth telling.
    Skip,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The value that was held.
    Held,
    /// The value again.
    Again,
}

/// What an asset's policy must remember.
#[derive(Debug)]
pub(crate) struct Teller {
    policy: PublishPolicy,
    /// What was told last, in JSON.
    told: Option<Json>,
    /// ... and which number that is, where the policy asks for it.
    number: Option<Number>,
    /// ... and when it was, likewise.
    at: Option<Instant>,
    /// Which number the value is that was looked at last.
    seen: Option<Number>,
    /// Something waits for the end of the interval.
    holds: bool,
    /// From when the longest interval counts, when that is not from what was told last.
    passed: Option<Instant>,
}

impl Teller {
    pub(crate) fn new(policy: PublishPolicy) -> Self {
        Self { policy, told: None, number: None, at: None, seen: None, holds: false, passed: None }
    }

    /// Looks at a value in JSON that is to be decided of, or is told. `number`: which one it is, where its type knows.
    #[inline]
    pub(crate) fn look(&mut self, json: &Json, number: impl FnOnce() -> Option<Number>) {
        if self.policy.deadband.is_some() {
            self.seen = number().or_else(|| number_of(json));
        }
    }

    /// What is to be done with the value that was looked at. What was held before it is held no longer. The clock is asked only by
    /// policies with an interval, and not while something is held: whoever waits for the interval's end tells it then.
    #[inline]
    pub(crate) fn decide(&mut self, now: impl FnOnce() -> Instant, json: &Json) -> Decision {
        let decision = match &self.told {
            None => Decision::Tell,
            Some(told) if !self.is_news(told, json) => Decision::Skip,
            Some(_) if self.holds => Decision::Hold,
            Some(_) => match self.at.zip(self.policy.min_interval) {
                Some((at, least)) if now() < at + least => Decision::Hold,
                _ => Decision::Tell,
            },
        };
        self.holds = decision == Decision::Hold;
        decision
    }

    #[inline]
    fn is_news(&self, told: &Json, json: &Json) -> bool {
        let PublishPolicy { on_change, deadband, .. } = self.policy;
        let Some(deadband) = deadband else { return !on_change || told != json };
        match (self.number, self.seen) {
            (Some(told), Some(new)) => distance(told, new) > deadband,
            _ => told != json,
        }
    }

    /// The value that was looked at is told.
    #[inline]
    pub(crate) fn told(&mut self, now: impl FnOnce() -> Instant, json: &Json) {
        if self.policy.is_timed() {
            self.at = Some(now());
        }
        if self.policy.deadband.is_some() {
            self.number = self.seen;
        }
        match &mut self.told {
            Some(told) => told.clone_from(json),
            told => *told = Some(json.clone()),
        }
        (self.holds, self.passed) = (false, None);
    }

    /// The platform may not have what it was told: the next value is told, whatever it is.
    pub(crate) fn forget(&mut self) {
        (self.told, self.at, self.holds, self.passed) = (None, None, false, None);
    }

    /// What was told last, in JSON.
    pub(crate) fn last(&self) -> Option<&[u8]> {
        self.told.as_deref()
    }

    /// What is due by now.
    pub(crate) fn due(&self, now: Instant) -> Option<Due> {
        let due = if self.holds { Due::Held } else { Due::Again };
        self.next_due().filter(|at| *at <= now).map(|_| due)
    }

    /// When something is due, if nothing comes before.
    #[inline]
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let at = self.at?;
        match self.holds {
            true => self.policy.min_interval.map(|least| at + least),
            false => self.policy.max_interval.map(|most| self.passed.unwrap_or(at) + most),
        }
    }

    /// Whether something waits for the end of the interval.
    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// What was passed over may be said again.
    pub(crate) fn resume(&mut self) {
        self.passed = None;
    }

    /// It is not said again this time, but after one more interval.
    pub(crate) fn pass(&mut self, now: Instant) {
        self.passed = Some(now);
    }
}

/// The number that a JSON value is, if it is one.
fn number_of(json: &[u8]) -> Option<Number> {
    let text = std::str::from_utf8(json).ok()?;
    // What is no number in JSON is no number in Rust either: no value begins as `NaN` and the infinities do.
    let float = || text.parse().ok().map(Number::Float);
    match text.parse::<i64>() {
        Ok(integer) => Some(Number::Integer(integer.into())),
        Err(error) if *error.kind() == IntErrorKind::InvalidDigit => float(),
        Err(_) => text.parse().ok().map(Number::Integer).or_else(float),
    }
}

#[inline]
fn distance(one: Number, other: Number) -> f64 {
    match (one, other) {
        // Exact also where floats are not.
        (Number::Integer(one), Number::Integer(other)) => one.abs_diff(other) as f64,
        (Number::Float(one), Number::Float(other)) => (one - other).abs(),
        (one, other) => (one.as_f64() - other.as_f64()).abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(teller: &mut Teller, now: Instant, json: &str) {
        let json = json.as_bytes().into();
        teller.look(&json, || None);
        teller.told(|| now, &json);
    }

    fn decide(teller: &mut Teller, now: Instant, json: &str) -> Decision {
        let json = json.as_bytes().into();
        teller.look(&json, || None);
        teller.decide(|| now, &json)
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// What an observer hears of values that are set at some milliseconds, the last one at the end of all.
    fn heard(policy: PublishPolicy, values: &[(u64, &str)]) -> Vec<(u64, String)> {
        let (mut teller, start) = (Teller::new(policy), Instant::now());
        let (mut heard, mut value) = (Vec::new(), "");
        let mut pass = |teller: &mut Teller, until: Instant, value: &str| {
            while let Some(at) = teller.next_due().filter(|at| *at <= until) {
                assert!(teller.due(at).is_some() && teller.due(at - ms(1)).is_none());
                tell(teller, at, value);
                heard.push(((at - start).as_millis() as u64, value.to_owned()));
            }
        };
        let mut direct = Vec::new();
        for (at, next) in values {
            let now = start + ms(*at);
            pass(&mut teller, now, value);
            value = next;
            if decide(&mut teller, now, value) == Decision::Tell {
                tell(&mut teller, now, value);
                direct.push((*at, value.to_owned()));
            }
        }
        if teller.holds() {
            let until = teller.next_due().unwrap();
            pass(&mut teller, until, value);
        }
        heard.extend(direct);
        heard.sort();
        heard
    }

    #[track_caller]
    fn check(policy: PublishPolicy, values: &[(u64, &str)], expected: &[(u64, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(at, value)| (*at, (*value).to_owned())).collect();
        assert_eq!(heard(policy, values), expected);
    }

    #[test]
    fn v07_equal_values_are_not_told_if_only_changes_are() {
        let values = [(0, "1"), (1, "1"), (2, "2"), (3, "2"), (4, "1")];
        check(PublishPolicy::NONE, &values, &values);
        let policy = PublishPolicy { on_change: true, ..PublishPolicy::NONE };
        check(policy, &values, &[(0, "1"), (2, "2"), (4, "1")]);
    }

    #[test]
    fn a_deadband_counts_from_what_was_told_last() {
        let policy = PublishPolicy { deadband: Some(0.5), ..PublishPolicy::NONE };
        let values =
            [(0, "1.0"), (1, "1.25"), (2, "1.5"), (3, "1.75"), (4, "1.25"), (5, "null"), (6, "null")];
        check(policy, &values, &[(0, "1.0"), (3, "1.75"), (5, "null")]);
        let policy = PublishPolicy { deadband: Some(0.0), ..PublishPolicy::NONE };
        let values = [(0, "18446744073709551614"), (1, "18446744073709551615"), (2, "18446744073709551615")];
        check(policy, &values, &values[..2]);
    }

    #[test]
    fn within_the_least_interval_the_newest_is_held() {
        let policy = PublishPolicy { min_interval: Some(ms(100)), ..PublishPolicy::NONE };
        let values = [(0, "1"), (10, "2"), (20, "3"), (99, "4"), (130, "5"), (300, "6"), (300, "7")];
        check(policy, &values, &[(0, "1"), (100, "4"), (200, "5"), (300, "6"), (400, "7")]);
    }

    #[test]
    fn while_something_is_held_nobody_asks_the_clock() {
        let policy = PublishPolicy { min_interval: Some(ms(100)), ..PublishPolicy::NONE };
        let (mut teller, now) = (Teller::new(policy), Instant::now());
        tell(&mut teller, now, "1");
        assert_eq!(decide(&mut teller, now, "2"), Decision::Hold);
        assert_eq!(teller.decide(|| panic!("it is asked"), &"3".as_bytes().into()), Decision::Hold);
        tell(&mut teller, now, "3");
        assert_eq!(decide(&mut teller, now + ms(100), "4"), Decision::Tell);
    }

    #[test]
    fn what_is_held_and_goes_back_is_not_worth_telling() {
        let policy = PublishPolicy { on_change: true, min_interval: Some(ms(100)), ..PublishPolicy::NONE };
        check(policy, &[(0, "1"), (10, "2"), (20, "1"), (150, "1")], &[(0, "1")]);
        let policy = PublishPolicy { min_interval: Some(ms(100)), ..PublishPolicy::NONE };
        check(policy, &[(0, "1"), (10, "2"), (20, "1")], &[(0, "1"), (100, "1")]);
    }

    #[test]
    fn after_the_longest_interval_the_value_is_told_again() {
        let policy = PublishPolicy { on_change: true, max_interval: Some(ms(100)), ..PublishPolicy::NONE };
        let values = [(0, "1"), (150, "2"), (160, "2"), (360, "3")];
        check(policy, &values, &[(0, "1"), (100, "1"), (150, "2"), (250, "2"), (350, "2"), (360, "3")]);
    }

    #[test]
    fn what_was_near_enough_is_told_exactly_when_it_is_told_again() {
        let policy =
            PublishPolicy { deadband: Some(1.0), max_interval: Some(ms(100)), ..PublishPolicy::NONE };
        check(policy, &[(0, "5.0"), (50, "5.5"), (120, "6.2")], &[(0, "5.0"), (100, "5.5")]);
    }

    #[test]
    fn what_may_be_lost_is_told_again() {
        let policy = PublishPolicy { on_change: true, ..PublishPolicy::NONE };
        let (mut teller, now) = (Teller::new(policy), Instant::now());
        tell(&mut teller, now, "1");
        assert_eq!(decide(&mut teller, now, "1"), Decision::Skip);
        teller.forget();
        assert_eq!(decide(&mut teller, now, "1"), Decision::Tell);
    }

    #[test]
    fn what_is_passed_over_comes_an_interval_later() {
        let policy = PublishPolicy { max_interval: Some(ms(100)), ..PublishPolicy::NONE };
        let (mut teller, now) = (Teller::new(policy), Instant::now());
        tell(&mut teller, now, "1");
        teller.pass(now + ms(100));
        assert_eq!(teller.next_due(), Some(now + ms(200)));
    }
}
