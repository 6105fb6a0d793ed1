//! Whether and when a value of an asset is told.

use std::time::Duration;

use edge_proto::Number;
use tokio::time::Instant;

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

#[derive(Debug)]
struct Told {
    json: Vec<u8>,
    /// Where the policy asks for it.
    number: Option<Number>,
    at: Instant,
}

/// What an asset's policy must remember.
#[derive(Debug)]
pub(crate) struct Teller {
    policy: PublishPolicy,
    told: Option<Told>,
    /// Something waits for the end of the interval.
    holds: bool,
    /// From when the longest interval counts, when that is not from what was told last.
    passed: Option<Instant>,
}

impl Teller {
    pub(crate) fn new(policy: PublishPolicy) -> Self {
        Self { policy, told: None, holds: false, passed: None }
    }

    /// What is to be done with a value, in JSON. What was held before it is held no longer.
    pub(crate) fn decide(&mut self, now: Instant, json: &[u8]) -> Decision {
        let decision = match &self.told {
            None => Decision::Tell,
            Some(told) if !self.is_news(told, json) => Decision::Skip,
            Some(told) if self.policy.min_interval.is_some_and(|least| now < told.at + least) => {
                Decision::Hold
            }
            Some(_) => Decision::Tell,
        };
        self.holds = decision == Decision::Hold;
        decision
    }

    fn is_news(&self, told: &Told, json: &[u8]) -> bool {
        let Some(deadband) = self.policy.deadband else { return !self.policy.on_change || told.json != json };
        match (told.number, number(json)) {
            (Some(told), Some(new)) => distance(told, new) > deadband,
            _ => told.json != json,
        }
    }

    /// A value is told.
    pub(crate) fn told(&mut self, now: Instant, json: &[u8]) {
        let number = self.policy.deadband.and_then(|_| number(json));
        match &mut self.told {
            Some(told) => {
                told.json.clear();
                told.json.extend_from_slice(json);
                (told.number, told.at) = (number, now);
            }
            None => self.told = Some(Told { json: json.to_owned(), number, at: now }),
        }
        (self.holds, self.passed) = (false, None);
    }

    /// The platform may not have what it was told: the next value is told, whatever it is.
    pub(crate) fn forget(&mut self) {
        (self.told, self.holds, self.passed) = (None, false, None);
    }

    /// What was told last, in JSON.
    pub(crate) fn last(&self) -> Option<&[u8]> {
        self.told.as_ref().map(|told| told.json.as_slice())
    }

    /// What is due by now.
    pub(crate) fn due(&self, now: Instant) -> Option<Due> {
        let due = if self.holds { Due::Held } else { Due::Again };
        self.next_due().filter(|at| *at <= now).map(|_| due)
    }

    /// When something is due, if nothing comes before.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let told = self.told.as_ref()?;
        match self.holds {
            true => self.policy.min_interval.map(|least| told.at + least),
            false => self.policy.max_interval.map(|most| self.passed.unwrap_or(told.at) + most),
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

/// The number in a JSON text, if it is one.
fn number(json: &[u8]) -> Option<Number> {
    let number: serde_json::Number = serde_json::from_slice(json).ok()?;
    Some(Number::from(&number))
}

fn distance(one: Number, other: Number) -> f64 {
    match (one, other) {
        // Exact also where floats are not.
        (Number::Integer(one), Number::Integer(other)) => one.abs_diff(other) as f64,
        (one, other) => (one.as_f64() - other.as_f64()).abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                teller.told(at, value.as_bytes());
                heard.push(((at - start).as_millis() as u64, value.to_owned()));
            }
        };
        let mut direct = Vec::new();
        for (at, next) in values {
            let now = start + ms(*at);
            pass(&mut teller, now, value);
            value = next;
            if teller.decide(now, value.as_bytes()) == Decision::Tell {
                teller.told(now, value.as_bytes());
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
        teller.told(now, b"1");
        assert_eq!(teller.decide(now, b"1"), Decision::Skip);
        teller.forget();
        assert_eq!(teller.decide(now, b"1"), Decision::Tell);
    }

    #[test]
    fn what_is_passed_over_comes_an_interval_later() {
        let policy = PublishPolicy { max_interval: Some(ms(100)), ..PublishPolicy::NONE };
        let (mut teller, now) = (Teller::new(policy), Instant::now());
        teller.told(now, b"1");
        teller.pass(now + ms(100));
        assert_eq!(teller.next_due(), Some(now + ms(200)));
    }
}
