//! Durations: one number and one unit, as in `"7d"`. What people write instead is understood as well, to
//! tell them how it is written here.

use std::fmt;

use quote::ToTokens;
use syn::{Expr, Lit};

use crate::attribute::{Entry, found, peel};
use crate::diagnostics::Diagnostics;
use crate::suggest::list;

/// How long something is; longer than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) milliseconds: u64,
}

/// A unit: its word, its milliseconds, and what else it is called.
struct Unit(&'static str, u64, [&'static str; 4]);

const DAY: u64 = 86_400_000;

/// The longest duration: nobody waits longer, and no clock overflows.
const LONGEST: u64 = 36_500 * DAY;

/// Seven days, which are no unit here.
const WEEKS: [&str; 3] = ["w", "week", "weeks"];

const UNITS: [Unit; 5] = [
    Unit("ms", 1, ["msec", "millis", "millisecond", "milliseconds"]),
    Unit("s", 1000, ["sec", "secs", "second", "seconds"]),
    Unit("m", 60_000, ["min", "mins", "minute", "minutes"]),
    Unit("h", 3_600_000, ["hr", "hrs", "hour", "hours"]),
    Unit("d", DAY, ["day", "days", "", ""]),
];

impl Duration {
    pub(super) fn read(entry: &Entry, diagnostics: &mut Diagnostics) -> Option<Self> {
        let value = peel(entry.value.as_ref()?);
        parsed(value)
            .map_err(|problem| diagnostics.over(value, format_args!("`{}` {problem}", entry.key)))
            .ok()
    }

    /// A number and a unit, not longer than the longest.
    fn parse(text: &str) -> Result<Self, String> {
        let found = || match text {
            "" => "an empty string".to_owned(),
            text => format!("`{}`", text.escape_debug()),
        };
        let (digits, unit) = split(text.trim(), |c| c.is_ascii_digit());
        let unit = UNITS.into_iter().find(|Unit(word, ..)| *word == unit.trim());
        let (Some(Unit(_, factor, _)), false) = (unit, digits.is_empty()) else {
            return Err(problem(&found(), Self::meant(text)));
        };
        // What has more digits than fit is too long as well.
        match digits.parse().unwrap_or(u64::MAX).saturating_mul(factor) {
            0 => Err(format!("is {}, it must be longer than 0", found())),
            milliseconds if milliseconds <= LONGEST => Ok(Self { milliseconds }),
            _ => Err(format!("is {}, the limit is `{}`", found(), Self { milliseconds: LONGEST })),
        }
    }

    /// What was meant by several numbers, fractions, or other words for units.
    fn meant(text: &str) -> Option<Self> {
        let (mut rest, mut sum) = (text.trim(), 0.0);
        while !rest.is_empty() {
            let (number, behind) = split(rest, |c| c.is_ascii_digit() || matches!(c, '.' | '_'));
            let (unit, behind) = split(behind.trim_start(), char::is_alphabetic);
            let number: f64 = number.replace('_', "").parse().ok()?;
            sum += number * milliseconds(unit)? as f64;
            rest = behind.trim_start();
        }
        let is_one = sum >= 1.0 && sum <= LONGEST as f64 && sum.fract() == 0.0;
        is_one.then_some(Self { milliseconds: sum as u64 })
    }
}

/// As it is written, in the largest unit that fits.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |Unit(_, factor, _): &Unit| self.milliseconds.is_multiple_of(*factor);
        let Unit(word, factor, _) = UNITS.into_iter().rfind(fits).expect("everything is milliseconds");
        write!(f, "{}{word}", self.milliseconds / factor)
    }
}

/// The duration that is written, or what is written instead.
fn parsed(value: &Expr) -> Result<Duration, String> {
    let instead = |meant| Err(problem(found(value), meant));
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Duration::parse(&text.value()),
            // `7d` without quotes is a number with a suffix.
            Lit::Int(_) | Lit::Float(_) => {
                instead(Duration::meant(&literal.lit.to_token_stream().to_string()))
            }
            _ => instead(None),
        },
        _ => instead(None),
    }
}

fn problem(found: &str, meant: Option<Duration>) -> String {
    match meant {
        Some(meant) => format!("is one number and one unit in quotes, found {found}; write `\"{meant}\"`"),
        None => {
            let units = list(UNITS.map(|Unit(word, ..)| word));
            format!("is one number and one unit ({units}) in quotes, found {found}; as in `\"90s\"`")
        }
    }
}

/// Of a unit, by whatever name.
fn milliseconds(unit: &str) -> Option<u64> {
    let unit = unit.to_lowercase();
    if WEEKS.contains(&unit.as_str()) {
        return Some(7 * DAY);
    }
    let is_called = |Unit(word, _, others): &Unit| *word == unit || others.contains(&unit.as_str());
    UNITS.into_iter().filter(|_| !unit.is_empty()).find(is_called).map(|Unit(_, factor, _)| factor)
}

/// What is at the start, and what comes behind it.
fn split(text: &str, is_of_it: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_of_it(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, milliseconds, shown) in [
            ("7d", 7 * DAY, "7d"),
            ("5s", 5000, "5s"),
            ("250ms", 250, "250ms"),
            ("10 m", 600_000, "10m"),
            ("90s", 90_000, "90s"),
            ("60m", 3_600_000, "1h"),
            ("36500d", LONGEST, "36500d"),
        ] {
            assert_eq!(Duration::parse(text), Ok(Duration { milliseconds }), "{text}");
            assert_eq!(Duration { milliseconds }.to_string(), shown);
        }
    }

    #[test]
    fn other_spellings_are_understood() {
        for (text, meant) in [
            ("7 days", "7d"),
            ("1 Hour", "1h"),
            ("1h30m", "90m"),
            ("1 min 30 sec", "90s"),
            ("1.5h", "90m"),
            ("1_000ms", "1s"),
            ("0.5 s", "500ms"),
            ("2 weeks", "14d"),
        ] {
            let found = Duration::parse(text).unwrap_err();
            assert_eq!(
                found,
                format!("is one number and one unit in quotes, found `{text}`; write `\"{meant}\"`")
            );
        }
    }

    #[test]
    fn other_words_are_not() {
        for text in ["5", "soon", "-5s", "1y", "5 s s", "s", "PT1H", "0.1ms", "1h soon", ".s", "1..5s", "5ß"]
        {
            let expected = format!(
                "is one number and one unit (`ms`, `s`, `m`, `h`, `d`) in quotes, found `{text}`; as in `\"90s\"`"
            );
            assert_eq!(Duration::parse(text), Err(expected));
        }
        assert!(Duration::parse("").unwrap_err().contains("found an empty string"));
        assert_eq!(Duration::parse("0s").unwrap_err(), "is `0s`, it must be longer than 0");
        for text in ["36501d", "99999999999999999d", "99999999999999999999999s"] {
            assert_eq!(Duration::parse(text), Err(format!("is `{text}`, the limit is `36500d`")));
        }
    }
}
