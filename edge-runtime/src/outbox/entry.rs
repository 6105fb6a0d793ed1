//! What the outbox keeps: messages to be.

use std::borrow::Cow;
use std::sync::Arc;

use edge_proto::payload::{PresenceStatus, Severity, Status};
use jiff::Timestamp;
use smallvec::SmallVec;
use tokio::time::Instant;

use super::fate::Fate;
use super::order::Priority;
use super::store::Row;
use crate::clock::Moment;
use crate::failures::Sending;
use crate::metrics::Waited;
use crate::model::{AssetModel, AssetRules, DeviceModel, QoS, Retention};
use crate::origin::Origin;
use crate::value::codec::Json;

/// One message to be.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) origin: Arc<Origin>,
    pub(crate) body: Body,
    pub(crate) qos: QoS,
    pub(super) demands: Demands,
    rest: Option<Box<Rest>>,
}

/// What few entries have.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// When it was accepted; known where [somebody asks](Demands::is_timed).
    pub(super) since: Option<Instant>,
    pub(super) fate: Option<Arc<Fate>>,
    pub(super) row: Option<Row>,
}

/// What is to be minded of an entry, as it came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demands {
    /// It is stored where there is a store.
    pub(super) is_to_be_stored: bool,
    /// A state of it may be dropped.
    pub(super) can_drop: bool,
    /// A state of it has a limit of its asset's, or may be dropped.
    pub(super) is_bounded: bool,
    /// It expires, or is stored with its age.
    pub(super) is_timed: bool,
}

/// What the rules of assets require of a message with their states.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Required {
    qos: QoS,
    demands: Demands,
}

impl Required {
    /// Of a message that no asset's rules are for.
    const NOTHING: Self = Self {
        qos: QoS::AtLeastOnce,
        demands: Demands { is_to_be_stored: false, can_drop: false, is_bounded: false, is_timed: false },
    };

    /// By one asset.
    pub(crate) fn of(rules: &AssetRules) -> Self {
        let is_to_be_stored = rules.retention == Retention::Stored;
        let demands = Demands {
            is_to_be_stored,
            can_drop: rules.can_drop(),
            is_bounded: rules.is_bounded(),
            is_timed: rules.expiry.is_some() || is_to_be_stored,
        };
        Self { qos: rules.qos, demands }
    }

    /// By all of several assets.
    #[inline]
    pub(crate) fn all(required: impl Iterator<Item = Self>) -> Self {
        required.reduce(Self::and).unwrap_or(Self::NOTHING)
    }

    #[inline]
    fn and(self, Self { qos, demands }: Self) -> Self {
        Self {
            qos: if qos == QoS::AtLeastOnce { qos } else { self.qos },
            demands: Demands {
                is_to_be_stored: self.demands.is_to_be_stored | demands.is_to_be_stored,
                can_drop: self.demands.can_drop | demands.can_drop,
                is_bounded: self.demands.is_bounded | demands.is_bounded,
                is_timed: self.demands.is_timed | demands.is_timed,
            },
        }
    }
}

/// What an entry says.
#[derive(Debug)]
pub(crate) enum Body {
    /// States of one transaction: one is sent on its asset's topic, several as one message.
    States(States),
    /// An alert or data.
    Report(Box<Report>),
    /// The answer to a command. Who answers remembers it as well.
    Outcome(Arc<Outcome>),
    /// The device's last words, after all that it had to say.
    Presence(PresenceStatus),
}

impl Body {
    /// See [`Entry::ruled`].
    fn ruled(&self) -> &[(usize, Json)] {
        match self {
            Self::States(states) if states.scope != Scope::Whole => &states.values,
            _ => &[],
        }
    }

    /// What is required of it.
    fn required(&self, model: &DeviceModel) -> Required {
        let ruled = self.ruled().iter();
        let mut required = Required::all(ruled.map(|(index, _)| Required::of(&model.assets[*index].rules)));
        if let Self::Report(report) = self {
            required.demands.is_to_be_stored = report.said.is_to_be_stored;
            required.demands.is_timed = report.said.is_to_be_stored;
        }
        required
    }
}

/// What a command has come to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The command's.
    pub(crate) id: String,
    pub(crate) status: Status,
    /// What was applied, in JSON; of several assets, an object by name.
    pub(crate) value: Option<Json>,
    /// Why not.
    pub(crate) reason: Option<String>,
}

impl Outcome {
    /// How much it is, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let value = self.value.as_ref().map_or(0, |value| value.len());
        128 + self.id.len() + value + self.reason.as_ref().map_or(0, String::len)
    }
}

/// Values by the asset's index, in JSON. Mostly it is one: that lies in its entry.
pub(crate) type Encoded = SmallVec<[(usize, Json); 1]>;

/// States of one transaction.
#[derive(Debug)]
pub(crate) struct States {
    pub(crate) moment: Moment,
    pub(crate) seq: u64,
    pub(crate) scope: Scope,
    /// By the asset's index, in JSON.
    pub(crate) values: Encoded,
    rest: Option<Box<RestOfStates>>,
}

/// What few states have.
#[derive(Debug, Default)]
pub(super) struct RestOfStates {
    /// Of the life in which they were accepted, when that was an earlier one of the device; otherwise the
    /// device's own, as it is when they are sent.
    pub(super) session: Option<u64>,
    /// How many states of an asset were dropped before this one.
    pub(super) dropped: Vec<(usize, u64)>,
}

/// An alert or data. It says all of itself: the next program may not declare it any more.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) moment: Moment,
    pub(crate) seq: u64,
    /// As of [`RestOfStates`].
    pub(crate) session: Option<u64>,
    pub(crate) said: Said,
    /// Whether it was accepted in an earlier life of the device, and stored.
    pub(crate) is_recovered: bool,
}

/// What a report says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The alert's or the format's.
    pub(crate) name: Cow<'static, str>,
    /// Only alerts have one.
    pub(crate) severity: Option<Severity>,
    /// Empty: none.
    pub(crate) description: Cow<'static, str>,
    /// The fields, as a JSON object.
    pub(crate) value: Vec<u8>,
    /// Whether it is stored where there is a store.
    pub(crate) is_to_be_stored: bool,
}

impl Said {
    /// For those who hear that it was not delivered.
    pub(crate) fn sending(&self) -> Sending {
        let (name, value) = (self.name.to_string(), serde_json::from_slice(&self.value).unwrap_or_default());
        match self.severity {
            Some(_) => Sending::Alert { name, value },
            None => Sending::Data { format: name, value },
        }
    }
}

/// Why states are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// They are new.
    Changed,
    /// How all is: said again whenever there may be a need, so never kept, bounded or dropped.
    Whole,
    /// They were accepted in an earlier life of the device, and stored.
    Recovered,
}

impl States {
    #[inline]
    pub(crate) fn new(moment: Moment, seq: u64, scope: Scope, values: Encoded) -> Self {
        Self { moment, seq, scope, values, rest: None }
    }

    pub(super) fn rest_mut(&mut self) -> &mut RestOfStates {
        self.rest.get_or_insert_default()
    }

    pub(crate) fn session(&self) -> Option<u64> {
        self.rest.as_ref()?.session
    }

    pub(super) fn dropped(&self) -> &[(usize, u64)] {
        self.rest.as_ref().map_or(&[], |rest| &rest.dropped)
    }

    /// How many states of all its assets were dropped before this message.
    pub(crate) fn dropped_of(&self, asset: usize) -> u64 {
        self.dropped().iter().filter(|(index, _)| *index == asset).map(|(_, count)| count).sum()
    }

    pub(super) fn take_dropped(&mut self) -> Vec<(usize, u64)> {
        self.rest.as_mut().map(|rest| std::mem::take(&mut rest.dropped)).unwrap_or_default()
    }

    pub(super) fn unmark_dropped(&mut self, asset: usize) {
        self.rest.iter_mut().for_each(|rest| rest.dropped.retain(|(index, _)| *index != asset));
    }

    pub(super) fn mark_dropped(&mut self, asset: usize, count: u64) {
        if count == 0 {
            return;
        }
        let dropped = &mut self.rest_mut().dropped;
        match dropped.iter_mut().find(|(index, _)| *index == asset) {
            Some((_, known)) => *known += count,
            None => dropped.push((asset, count)),
        }
    }
}

impl Entry {
    pub(crate) fn new(origin: &Arc<Origin>, body: Body) -> Self {
        let required = body.required(origin.model);
        Self::with(origin, body, required)
    }

    /// Where whoever has made it knows what is required of it.
    #[inline]
    pub(crate) fn with(origin: &Arc<Origin>, body: Body, Required { qos, demands }: Required) -> Self {
        Self { origin: Arc::clone(origin), body, qos, demands, rest: None }
    }

    pub(super) fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    /// When it was accepted, where that is known.
    pub(super) fn since(&self) -> Option<Instant> {
        self.rest.as_ref()?.since
    }

    /// For how long it has waited. `wall`: what the clock on the wall shows.
    pub(super) fn waited(&self, now: Instant, wall: Timestamp) -> Waited {
        if let Some(since) = self.since() {
            return Waited::For(now.saturating_duration_since(since));
        }
        let moment = match &self.body {
            Body::States(states) => states.moment,
            Body::Report(report) => report.moment,
            Body::Outcome(_) | Body::Presence(_) => return Waited::Unknown,
        };
        Waited::Perhaps(wall.duration_since(moment.at))
    }

    pub(super) fn fate(&self) -> Option<&Arc<Fate>> {
        self.rest.as_ref()?.fate.as_ref()
    }

    pub(super) fn row(&self) -> Option<Row> {
        self.rest.as_ref()?.row
    }

    pub(super) fn states(&self) -> Option<&States> {
        match &self.body {
            Body::States(states) => Some(states),
            Body::Report(_) | Body::Outcome(_) | Body::Presence(_) => None,
        }
    }

    pub(super) fn states_mut(&mut self) -> Option<&mut States> {
        match &mut self.body {
            Body::States(states) => Some(states),
            Body::Report(_) | Body::Outcome(_) | Body::Presence(_) => None,
        }
    }

    /// The states that the rules of their assets are for.
    pub(super) fn ruled(&self) -> &[(usize, Json)] {
        self.body.ruled()
    }

    pub(super) fn asset(&self, index: usize) -> &'static AssetModel {
        &self.origin.model.assets[index]
    }

    /// How each of its states is delivered.
    pub(super) fn rules(&self) -> impl Iterator<Item = &'static AssetRules> {
        self.ruled().iter().map(|(index, _)| &self.asset(*index).rules)
    }

    /// What it says, for those who hear that it was not delivered.
    pub(crate) fn sending(&self) -> Option<Sending> {
        match &self.body {
            Body::States(states) => {
                Some(Sending::states(self.origin.model, states.moment.at, &states.values))
            }
            Body::Outcome(outcome) => {
                Some(Sending::Outcome { id: outcome.id.clone(), status: outcome.status })
            }
            Body::Report(report) => Some(report.said.sending()),
            Body::Presence(_) => None,
        }
    }

    /// Whether it is kept while there is no connection: as what is safest of it is.
    pub(super) fn is_kept(&self) -> bool {
        let mut rules = self.rules().peekable();
        self.row().is_some() || rules.peek().is_none() || rules.any(|it| it.retention != Retention::Discard)
    }

    /// Whether it can wait until more has come: what is new can, and how all is cannot.
    pub(super) fn can_wait(&self) -> bool {
        match &self.body {
            Body::States(states) => states.scope == Scope::Changed,
            Body::Report(report) => report.said.severity.is_none() && !report.is_recovered,
            Body::Outcome(_) | Body::Presence(_) => false,
        }
    }

    /// Whether it says how all is.
    pub(super) fn is_whole(&self) -> bool {
        self.states().is_some_and(|states| states.scope == Scope::Whole)
    }

    pub(super) fn is_recovered(&self) -> bool {
        match &self.body {
            Body::States(states) => states.scope == Scope::Recovered,
            Body::Report(report) => report.is_recovered,
            Body::Outcome(_) | Body::Presence(_) => false,
        }
    }

    /// How urgent it is.
    pub(crate) fn priority(&self) -> Priority {
        match &self.body {
            Body::Report(report) if report.said.severity.is_some() => Priority::Alert,
            Body::Outcome(_) => Priority::Outcome,
            Body::States(_) | Body::Report(_) | Body::Presence(_) => Priority::State,
        }
    }

    /// How much it matters, if it is an alert.
    pub(super) fn severity(&self) -> Option<Severity> {
        match &self.body {
            Body::Report(report) => report.said.severity,
            _ => None,
        }
    }

    /// How much it is, roughly.
    pub(super) fn bytes(&self) -> usize {
        match &self.body {
            Body::States(states) => states.values.iter().map(|(_, value)| value_bytes(value)).sum(),
            Body::Report(report) => value_bytes(&report.said.value) + report.said.description.len(),
            Body::Outcome(outcome) => outcome.bytes(),
            Body::Presence(_) => 128,
        }
    }
}

/// How much a state is, roughly.
pub(super) fn value_bytes(value: &[u8]) -> usize {
    value.len() + 64
}
