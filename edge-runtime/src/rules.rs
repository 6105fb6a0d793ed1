//! How the states of an asset are delivered and its commands are handled, as its attribute says it.

use std::fmt;
use std::time::Duration;

use edge_proto::{Kind, Profile, ValueType};

use crate::policy::{AnyPipeline, Pipeline, PublishPolicy};
use crate::value::AssetValue;

/// The longest duration, in days: no clock overflows.
const LONGEST_DAYS: u64 = 36_500;

/// The shortest and the longest duration of a rule.
const DURATIONS: (Duration, Duration) =
    (Duration::from_millis(1), Duration::from_secs(LONGEST_DAYS * 24 * 60 * 60));

/// How sure delivery is; MQTT's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QoS {
    /// Sent once, never acknowledged.
    AtMostOnce,
    /// Sent until it is acknowledged.
    #[default]
    AtLeastOnce,
}

/// Where a state is kept until the broker has acknowledged it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Retention {
    /// `"discard"`: nowhere. What is set while there is no connection is not sent.
    Discard,
    /// `"volatile"`: in memory. It is lost when the program ends.
    #[default]
    Volatile,
    /// `"stored"`: on disk. It is sent also when the program, or the machine, died in between.
    Stored,
}

/// What becomes of a state for which there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// `"wait"`: the setter waits.
    #[default]
    Wait,
    /// `"drop-oldest"`: the oldest states of the asset go.
    DropOldest,
    /// `"drop-newest"`: the device has the state, and it is not sent.
    DropNewest,
    /// `"latest"`: of the asset never more than the newest state waits.
    Latest,
}

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wait => "wait",
            Self::DropOldest => "drop-oldest",
            Self::DropNewest => "drop-newest",
            Self::Latest => "latest",
        })
    }
}

/// Makes the pipeline that an asset declares, for each device anew.
#[derive(Clone, Copy)]
pub struct DeclaredPipeline(pub(crate) fn() -> BoxedPipeline);

/// A pipeline of an asset's values.
pub struct BoxedPipeline(pub(crate) Box<dyn AnyPipeline>);

impl DeclaredPipeline {
    /// For the derive.
    #[doc(hidden)]
    pub const fn new(make: fn() -> BoxedPipeline) -> Self {
        Self(make)
    }
}

impl BoxedPipeline {
    /// What the function makes, for the derive. Here, where what rustc says of the function names something that users know.
    #[doc(hidden)]
    pub fn of<T: AssetValue>(make: impl FnOnce() -> Pipeline<T>) -> Self {
        make().into()
    }
}

impl<T: AssetValue> From<Pipeline<T>> for BoxedPipeline {
    fn from(pipeline: Pipeline<T>) -> Self {
        Self(Box::new(pipeline))
    }
}

impl fmt::Debug for DeclaredPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeclaredPipeline(..)")
    }
}

impl fmt::Debug for BoxedPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxedPipeline(..)")
    }
}

/// Whether both are made by the same function, as far as that can be told.
impl PartialEq for DeclaredPipeline {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

/// How the states of an asset are delivered, and its commands handled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AssetRules {
    /// How sure. A transaction is as sure as the surest of its assets.
    pub qos: QoS,
    /// Where they are kept. A transaction is kept where the safest of its assets is.
    pub retention: Retention,
    /// After this time a state that was not sent is of no use to anybody.
    pub expiry: Option<Duration>,
    /// How many states of the asset may wait; `None`: as many as the outbox takes of all.
    pub capacity: Option<usize>,
    /// How many bytes of values of the asset may wait, each with 64 bytes more.
    pub capacity_bytes: Option<usize>,
    /// What becomes of a state for which there is no room.
    pub overflow: Overflow,
    /// How long its handler's method may take; `None`: 30 s.
    pub timeout: Option<Duration>,
    /// When its values are told.
    pub publish: PublishPolicy,
    /// So long after it was set it is stale; `None`: never.
    pub stale_after: Option<Duration>,
    /// Through which values go that are offered; `None`: they are set.
    pub pipeline: Option<DeclaredPipeline>,
}

impl AssetRules {
    /// Of an asset whose attribute says nothing of it.
    pub const DEFAULT: Self = Self {
        qos: QoS::AtLeastOnce,
        retention: Retention::Volatile,
        expiry: None,
        capacity: None,
        capacity_bytes: None,
        overflow: Overflow::Wait,
        timeout: None,
        publish: PublishPolicy::NONE,
        stale_after: None,
        pipeline: None,
    };

    /// Whether an asset of that kind with such values can have these rules, which do not contradict each other: what
    /// the derive says of attributes while the program is compiled.
    pub(crate) fn check(&self, kind: Kind, profile: &Profile) -> Result<(), RulesError> {
        let PublishPolicy { deadband, min_interval, max_interval, .. } = self.publish;
        let durations = [
            self.expiry,
            self.timeout,
            self.stale_after,
            self.publish.min_interval,
            self.publish.max_interval,
        ];
        let (least, most) = DURATIONS;
        let capacities = [self.capacity, self.capacity_bytes];
        let is_number = matches!(profile.value_type, ValueType::Integer | ValueType::Number);
        let is_stored = self.retention == Retention::Stored;
        let is_discarded = self.retention == Retention::Discard;
        let is_virtual = kind == Kind::Virtual;
        let is_offered = self.stale_after.is_some() || self.pipeline.is_some();
        let wrong = [
            (durations.into_iter().flatten().any(|it| it < least || it > most), RulesError::Duration),
            (self.timeout.is_some() && !kind.is_commandable(), RulesError::NotCommandable { kind }),
            (is_stored && self.qos == QoS::AtMostOnce, RulesError::StoredOnce),
            (is_discarded && self.expiry.is_some(), RulesError::DiscardedLater),
            (capacities.contains(&Some(0)), RulesError::Capacity),
            (self.overflow == Overflow::Latest && capacities != [None, None], RulesError::LatestOfMany),
            (deadband.is_some() && !is_number, RulesError::NoNumber),
            (deadband.is_some_and(|it| !(it.is_finite() && it >= 0.0)), RulesError::Deadband),
            (min_interval.zip(max_interval).is_some_and(|(min, max)| min > max), RulesError::Intervals),
            (is_stored && min_interval.is_some(), RulesError::StoredLater),
            (is_virtual && is_offered, RulesError::Computed),
        ];
        wrong.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Whether states of the asset can be dropped, or have a limit of their own.
    pub(crate) fn is_bounded(&self) -> bool {
        self.can_drop() || self.capacity.is_some() || self.capacity_bytes.is_some()
    }

    /// Whether a setter of the asset waits when there is no room: in the outbox, or for this asset.
    #[inline]
    pub(crate) fn may_wait(&self, is_full: bool) -> bool {
        (is_full || self.is_bounded()) && self.overflow == Overflow::Wait
    }

    /// Whether a state that was accepted may be dropped.
    pub(crate) fn can_drop(&self) -> bool {
        self.expiry.is_some() || self.overflow != Overflow::Wait || self.retention == Retention::Discard
    }

    /// Whether so many states with so many bytes are as many as may be.
    pub(crate) fn is_full(&self, states: usize, bytes: usize) -> bool {
        self.capacity.is_some_and(|most| states >= most)
            || self.capacity_bytes.is_some_and(|most| bytes >= most)
    }
}

/// Why an asset cannot have the rules that a program gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// A duration that no timer can have.
    #[error("a duration is from 1 ms to {LONGEST_DAYS} days")]
    Duration,
    /// Nobody handles commands to it.
    #[error("only actuators and configs have a handler to limit with `timeout`, and it is {kind}")]
    NotCommandable {
        /// What it is.
        kind: Kind,
    },
    /// It would be stored until it is acknowledged, and never is.
    #[error("`qos` 0 contradicts `retention` stored: nothing of it is ever acknowledged")]
    StoredOnce,
    /// Nothing of it waits for a connection, and nothing can become too old.
    #[error("`expiry` contradicts `retention` discard: no state of it waits for a connection")]
    DiscardedLater,
    /// Nothing would ever have room.
    #[error("`capacity` and `capacity_bytes` are greater than 0")]
    Capacity,
    /// Never more than one waits.
    #[error("`capacity` contradicts `overflow` latest: no more than one state of it waits")]
    LatestOfMany,
    /// There is no distance between its values.
    #[error("`deadband` applies to numbers, and its values are none")]
    NoNumber,
    /// It is no distance.
    #[error("`deadband` is a number, 0 or greater")]
    Deadband,
    /// It would be told again before it may be told.
    #[error("`max_interval` is shorter than `min_interval`")]
    Intervals,
    /// What is held is in memory.
    #[error("`min_interval` contradicts `retention` stored: what is held back is not on the disk")]
    StoredLater,
    /// Nobody sets it, and nobody offers values to it.
    #[error("`stale_after` and `pipeline` belong to what a virtual asset is computed from")]
    Computed,
}

impl Default for AssetRules {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: AssetRules = AssetRules::DEFAULT;

    #[track_caller]
    fn check(rules: AssetRules, expected: Result<(), RulesError>) {
        assert_eq!(rules.check(Kind::Sensor, &Profile::new(ValueType::Number)), expected);
    }

    fn publish(publish: PublishPolicy) -> AssetRules {
        AssetRules { publish, ..RULES }
    }

    #[test]
    fn rules_that_agree_are_taken() {
        let second = Some(Duration::from_secs(1));
        check(RULES, Ok(()));
        check(
            AssetRules { retention: Retention::Stored, expiry: second, capacity: Some(1), ..RULES },
            Ok(()),
        );
        check(publish(PublishPolicy { deadband: Some(0.0), min_interval: second, ..RULES.publish }), Ok(()));
        let intervals = PublishPolicy { min_interval: second, max_interval: second, ..RULES.publish };
        check(publish(intervals), Ok(()));
        let actuator = AssetRules { timeout: second, ..RULES };
        assert_eq!(actuator.check(Kind::Actuator, &Profile::new(ValueType::Boolean)), Ok(()));
    }

    #[test]
    fn rules_that_contradict_each_other_are_refused() {
        let (second, hour) = (Some(Duration::from_secs(1)), Some(Duration::from_secs(3600)));
        let (stored, discarded) = (
            AssetRules { retention: Retention::Stored, ..RULES },
            AssetRules { retention: Retention::Discard, ..RULES },
        );
        let latest = AssetRules { overflow: Overflow::Latest, ..RULES };
        let deadband = |deadband| publish(PublishPolicy { deadband: Some(deadband), ..RULES.publish });
        let held = PublishPolicy { min_interval: second, ..RULES.publish };
        for (rules, error) in [
            (AssetRules { expiry: Some(Duration::ZERO), ..RULES }, RulesError::Duration),
            (AssetRules { stale_after: Some(Duration::MAX), ..RULES }, RulesError::Duration),
            (AssetRules { timeout: second, ..RULES }, RulesError::NotCommandable { kind: Kind::Sensor }),
            (AssetRules { qos: QoS::AtMostOnce, ..stored }, RulesError::StoredOnce),
            (AssetRules { expiry: second, ..discarded }, RulesError::DiscardedLater),
            (AssetRules { capacity: Some(0), ..RULES }, RulesError::Capacity),
            (AssetRules { capacity_bytes: Some(100), ..latest }, RulesError::LatestOfMany),
            (deadband(-0.5), RulesError::Deadband),
            (deadband(f64::NAN), RulesError::Deadband),
            (
                publish(PublishPolicy { min_interval: hour, max_interval: second, ..RULES.publish }),
                RulesError::Intervals,
            ),
            (AssetRules { publish: held, ..stored }, RulesError::StoredLater),
        ] {
            check(rules, Err(error));
        }
        let number = Profile::new(ValueType::Number);
        let stale = AssetRules { stale_after: hour, ..RULES };
        assert_eq!(stale.check(Kind::Virtual, &number), Err(RulesError::Computed));
        let text = Profile::new(ValueType::String);
        assert_eq!(deadband(0.5).check(Kind::Sensor, &text), Err(RulesError::NoNumber));
    }
}
