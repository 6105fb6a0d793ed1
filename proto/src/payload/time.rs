//! Times as other systems write them, and as we do.

use std::io::Write as _;

use jiff::tz::Offset;
use jiff::{SignedDuration, SignedDurationRound, Timestamp, Unit};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Why it is not a time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Not as times are written.
    #[error("not a time: {0}")]
    Malformed(jiff::Error),
    /// Other systems' calendars, and RFC 3339, have no other years.
    #[error("not a time: the year is not from 1 to 9999")]
    Year,
}

/// A time as [`read_time`] reads it.
pub(super) struct Moment(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        read_time(&text).map(Self).map_err(D::Error::custom)
    }
}

/// Reads a time: RFC 3339; without an offset it is taken as UTC, as AllThingsTalk does.
///
/// # Errors
/// When it is none, or nobody else could read it: see [`check_time`].
pub fn read_time(text: &str) -> Result<Timestamp, TimeError> {
    let read = text.parse::<Timestamp>().or_else(|error| in_utc(text).map_err(|_| error));
    check_time(read.map_err(TimeError::Malformed)?)
}

/// Appends a time as RFC 3339 in UTC, cut off to the microsecond: what `{:.6}` writes, for every state.
pub(super) fn write_time(out: &mut Vec<u8>, time: Timestamp) {
    let civil = Offset::UTC.to_datetime(time);
    if civil.year() < 0 {
        let _ = write!(out, "{time:.6}");
        return;
    }
    let (year, micros) = (civil.year().unsigned_abs(), civil.subsec_nanosecond().unsigned_abs() / 1000);
    let pair = |number: u32| PAIRS[number as usize % PAIRS.len()];
    let [[y0, y1], [y2, y3]] = [year / 100, year % 100].map(|number| pair(number.into()));
    let date = [civil.month(), civil.day()].map(|number| pair(number.unsigned_abs().into()));
    let time =
        [civil.hour(), civil.minute(), civil.second()].map(|number| pair(number.unsigned_abs().into()));
    let ([[m0, m1], [d0, d1]], [[h0, h1], [n0, n1], [s0, s1]]) = (date, time);
    let [[f0, f1], [f2, f3], [f4, f5]] = [micros / 10_000, micros / 100, micros].map(pair);
    #[rustfmt::skip]
    let text = [
        y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T',
        h0, h1, b':', n0, n1, b':', s0, s1, b'.', f0, f1, f2, f3, f4, f5, b'Z',
    ];
    out.extend_from_slice(&text);
}

/// The numbers of two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < pairs.len() {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Reads a Unix time, to the microsecond.
pub(super) fn from_unix(since_1970: SignedDuration) -> Result<Timestamp, TimeError> {
    let rounded = since_1970.round(SignedDurationRound::new().smallest(Unit::Microsecond));
    check_time(rounded.and_then(Timestamp::from_duration).map_err(TimeError::Malformed)?)
}

fn in_utc(text: &str) -> Result<Timestamp, jiff::Error> {
    let civil: jiff::civil::DateTime = text.parse()?;
    Ok(civil.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
}

/// Whether others can read the time: RFC 3339 has the years from 1 to 9999.
///
/// # Errors
/// When they cannot.
pub fn check_time(time: Timestamp) -> Result<Timestamp, TimeError> {
    match time.to_zoned(jiff::tz::TimeZone::UTC).year() {
        1..=9999 => Ok(time),
        _ => Err(TimeError::Year),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_jiff_writes_it() {
        let ends = [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX];
        let year = 31_556_952;
        let seconds = (-62_200_000_000..253_000_000_000i64).step_by(year * 7 + 12_345);
        let times = seconds.map(|second| Timestamp::new(second, (second % 1_000_000_000) as i32).unwrap());
        for time in times.chain(ends) {
            let mut out = Vec::new();
            write_time(&mut out, time);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{time:.6}"));
        }
    }
}
