//! How the states of an asset are delivered, and how long its handler may take.

use proc_macro2::Span;

use crate::attribute::{ASSET, Entry, Given, key};
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
    pub(crate) capacity: Option<Rule<u64>>,
    pub(crate) capacity_bytes: Option<Rule<u64>>,
    /// In milliseconds.
    pub(crate) expiry: Option<Rule<u64>>,
    /// In milliseconds.
    pub(crate) timeout: Option<Rule<u64>>,
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

const RETENTIONS: [(&str, Retention); 3] =
    [("discard", Retention::Discard), ("volatile", Retention::Volatile), ("stored", Retention::Stored)];

const OVERFLOWS: [(&str, Overflow); 4] = [
    ("wait", Overflow::Wait),
    ("drop-oldest", Overflow::DropOldest),
    ("drop-newest", Overflow::DropNewest),
    ("latest", Overflow::Latest),
];

/// The units of durations, in milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl Rules {
    pub(super) fn read(given: &mut Given, diagnostics: &mut Diagnostics) -> Self {
        Self {
            qos: rule(given.take(key::QOS), diagnostics, qos),
            retention: rule(given.take(key::RETENTION), diagnostics, |entry, diagnostics| {
                word(entry, ("retention", "retentions"), RETENTIONS, diagnostics)
            }),
            overflow: rule(given.take(key::OVERFLOW), diagnostics, |entry, diagnostics| {
                word(entry, ("overflow policy", "overflow policies"), OVERFLOWS, diagnostics)
            }),
            capacity: rule(given.take(key::CAPACITY), diagnostics, capacity),
            capacity_bytes: rule(given.take(key::CAPACITY_BYTES), diagnostics, capacity),
            expiry: rule(given.take(key::EXPIRY), diagnostics, duration),
            timeout: rule(given.take(key::TIMEOUT), diagnostics, duration),
        }
    }
}

fn rule<T>(
    entry: Option<Entry>,
    diagnostics: &mut Diagnostics,
    read: impl FnOnce(Entry, &mut Diagnostics) -> Option<T>,
) -> Option<Rule<T>> {
    let entry = entry?;
    let key = entry.key.span();
    Some(Rule { key, value: read(entry, diagnostics)? })
}

fn qos(entry: Entry, diagnostics: &mut Diagnostics) -> Option<QoS> {
    let (value, span) = entry.integer(&ASSET, diagnostics)?;
    match value {
        0 => return Some(QoS::AtMostOnce),
        1 => return Some(QoS::AtLeastOnce),
        2 => {
            let message =
                "`qos` is 0 or 1; what comes twice with 1 is known by its number, so there is no need for 2";
            diagnostics.at(span, message);
        }
        value => diagnostics
            .at(span, format_args!("`qos` is 0 (sent once) or 1 (until acknowledged), found {value}")),
    }
    None
}

fn word<T: Copy, const N: usize>(
    entry: Entry,
    (what, plural): (&str, &str),
    words: [(&'static str, T); N],
    diagnostics: &mut Diagnostics,
) -> Option<T> {
    let text = entry.text(&ASSET, diagnostics)?;
    let known = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
    if known.is_none() {
        let words = words.map(|(word, _)| word);
        diagnostics.at(text.span, suggest::unknown(what, plural, &text.value, words));
    }
    known
}

fn capacity(entry: Entry, diagnostics: &mut Diagnostics) -> Option<u64> {
    let key = entry.key.clone();
    let (value, span) = entry.integer(&ASSET, diagnostics)?;
    match u64::try_from(value) {
        Ok(value) if value > 0 && u32::try_from(value).is_ok() => Some(value),
        _ => {
            diagnostics.at(span, format_args!("`{key}` is from 1 to {}, found {value}", u32::MAX));
            None
        }
    }
}

fn duration(entry: Entry, diagnostics: &mut Diagnostics) -> Option<u64> {
    let key = entry.key.clone();
    let text = entry.text(&ASSET, diagnostics)?;
    match milliseconds(&text.value) {
        Ok(value) => Some(value),
        Err(problem) => {
            diagnostics.at(text.span, format_args!("`{key}` {problem}"));
            None
        }
    }
}

/// A number and a unit.
fn milliseconds(text: &str) -> Result<u64, String> {
    let example = "write a number and one of `ms`, `s`, `m`, `h`, `d`, as in `\"90s\"`";
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let (number, unit) = (digits.trim(), text[digits.len()..].trim());
    let shown = text.escape_debug();
    let Ok(number) = number.parse::<u64>() else {
        return Err(format!("`{shown}` is no duration; {example}"));
    };
    let Some((_, factor)) = UNITS.into_iter().find(|(word, _)| *word == unit) else {
        let problem = if unit.is_empty() {
            "has no unit".to_owned()
        } else {
            format!("has the unknown unit `{}`", unit.escape_debug())
        };
        return Err(format!("`{shown}` {problem}; {example}"));
    };
    match number.checked_mul(factor) {
        Some(0) => Err("is 0; it must be longer".to_owned()),
        Some(value) => Ok(value),
        None => Err(format!("`{shown}` is too long")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, expected) in
            [("7d", 604_800_000), ("5s", 5000), ("250ms", 250), ("10 m", 600_000), ("1h", 3_600_000)]
        {
            assert_eq!(milliseconds(text), Ok(expected), "{text}");
        }
        for (text, problem) in [
            ("5", "`5` has no unit"),
            ("5sec", "`5sec` has the unknown unit `sec`"),
            ("", "`` is no duration"),
            ("soon", "`soon` is no duration"),
            ("1h30m", "`1h30m` is no duration"),
            ("1.5h", "`1.5h` is no duration"),
            ("-5s", "`-5s` is no duration"),
            ("0s", "is 0"),
            ("99999999999999999d", "is too long"),
        ] {
            let found = milliseconds(text).unwrap_err();
            assert!(found.contains(problem), "{text}: {found}");
        }
    }
}
