//! How the states of an asset are delivered and its commands are handled, as its attribute says it.

use std::fmt;
use std::time::Duration;

use crate::policy::{AnyPipeline, Pipeline, PublishPolicy};
use crate::value::AssetValue;

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

    /// Whether states of the asset can be dropped, or have a limit of their own.
    pub(crate) fn is_bounded(&self) -> bool {
        self.can_drop() || self.capacity.is_some() || self.capacity_bytes.is_some()
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

impl Default for AssetRules {
    fn default() -> Self {
        Self::DEFAULT
    }
}
