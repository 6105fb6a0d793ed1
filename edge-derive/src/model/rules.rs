//! How the states of an asset are delivered, and how long its handler may take.

use proc_macro2::Span;

use super::duration::Duration;
use super::limits::{Bound, Number};
use super::publish::Publish;
use crate::attribute::{ASSET, Entry, Given, Grammar, key};
use crate::diagnostics::Diagnostics;
use crate::suggest;

/// A rule that was given.
#[derive(Clone, Debug)]
pub(crate) struct Rule<T> {
    pub(crate) key: Span,
    pub(crate) value: T,
}

/// What is said of one asset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) qos: Option<Rule<QoS>>,
    pub(crate) retention: Option<Rule<Retention>>,
    pub(crate) overflow: Option<Rule<Overflow>>,
    pub(crate) capacity: Option<Bound>,
    pub(crate) capacity_bytes: Option<Bound>,
    pub(crate) expiry: Option<Rule<Duration>>,
    pub(crate) timeout: Option<Rule<Duration>>,
    pub(crate) publish: Publish,
}

/// How sure delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QoS {
    AtMostOnce,
    AtLeastOnce,
}

/// Where states are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retention {
    Discard,
    Volatile,
    Stored,
}

/// What becomes of a state for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    Wait,
    DropOldest,
    DropNewest,
    Latest,
}

pub(super) const RETENTIONS: [(&str, Retention); 3] =
    [("discard", Retention::Discard), ("volatile", Retention::Volatile), ("stored", Retention::Stored)];

const OVERFLOWS: [(&str, Overflow); 4] = [
    ("wait", Overflow::Wait),
    ("drop-oldest", Overflow::DropOldest),
    ("drop-newest", Overflow::DropNewest),
    ("latest", Overflow::Latest),
];

/// What a capacity can be.
pub(crate) const CAPACITY: (i128, i128) = (1, u32::MAX as i128);

impl Rules {
    pub(super) fn read(given: &mut Given, diagnostics: &mut Diagnostics) -> Self {
        let retention = |entry, diagnostics: &mut Diagnostics| {
            word(entry, ("retention", "retentions"), RETENTIONS, &ASSET, diagnostics)
        };
        let overflow = |entry, diagnostics: &mut Diagnostics| {
            word(entry, ("overflow policy", "overflow policies"), OVERFLOWS, &ASSET, diagnostics)
        };
        let duration = |entry, diagnostics: &mut Diagnostics| Duration::read(&entry, diagnostics);
        let mut bound = |key| given.take(key).and_then(|entry| Bound::read(entry, diagnostics));
        let (capacity, capacity_bytes) = (bound(key::CAPACITY), bound(key::CAPACITY_BYTES));
        Self {
            qos: rule(given.take(key::QOS), diagnostics, qos),
            retention: rule(given.take(key::RETENTION), diagnostics, retention),
            overflow: rule(given.take(key::OVERFLOW), diagnostics, overflow),
            capacity,
            capacity_bytes,
            expiry: rule(given.take(key::EXPIRY), diagnostics, duration),
            timeout: rule(given.take(key::TIMEOUT), diagnostics, duration),
            publish: Publish::read(given, diagnostics),
        }
    }

    /// The capacities that are given.
    pub(crate) fn capacities(&self) -> impl Iterator<Item = &Bound> {
        [&self.capacity, &self.capacity_bytes].into_iter().flatten()
    }
}

pub(super) fn rule<T>(
    entry: Option<Entry>,
    diagnostics: &mut Diagnostics,
    read: impl FnOnce(Entry, &mut Diagnostics) -> Option<T>,
) -> Option<Rule<T>> {
    let entry = entry?;
    let key = entry.key.span();
    Some(Rule { key, value: read(entry, diagnostics)? })
}

fn qos(entry: Entry, diagnostics: &mut Diagnostics) -> Option<QoS> {
    let given = Bound::read(entry, diagnostics)?;
    let reason = match given.number {
        Number::Integer(0) => return Some(QoS::AtMostOnce),
        Number::Integer(1) => return Some(QoS::AtLeastOnce),
        Number::Integer(2) => "; what arrives twice counts once, so 1 is enough",
        _ => "",
    };
    let found = given.found();
    let message =
        format_args!("`qos` is 0 (sent once) or 1 (sent until acknowledged), found `{found}`{reason}");
    diagnostics.over(given.expr, message);
    None
}

pub(super) fn word<T: Copy, const N: usize>(
    entry: Entry,
    (what, plural): (&str, &str),
    words: [(&'static str, T); N],
    grammar: &Grammar,
    diagnostics: &mut Diagnostics,
) -> Option<T> {
    let text = entry.word(&words.map(|(word, _)| word), grammar, diagnostics)?;
    let known = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
    if known.is_none() {
        let words = words.map(|(word, _)| word);
        diagnostics.at(text.span, suggest::unknown(what, plural, &text.value, words));
    }
    known
}
