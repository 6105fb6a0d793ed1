//! Times as other systems write them, and as we do.

use std::io::Write as _;

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
    // Before 1970 both are negative.
    let (second, nanos) = (time.as_second(), i64::from(time.subsec_nanosecond()));
    let second = second + nanos.div_euclid(1_000_000_000);
    let micros = (nanos.rem_euclid(1_000_000_000) / 1000) as u32;
    let (year, month, day) = civil(second.div_euclid(86_400));
    let Ok(year @ 0..=9999) = u32::try_from(year) else {
        let _ = write!(out, "{time:.6}");
        return;
    };
    let of_day = second.rem_euclid(86_400) as u32;
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    // By twos, each where it stands.
    let mut write = |at: usize, number: u32| {
        let number = number as u8;
        text[at..at + 2].copy_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
    };
    write(0, year / 100);
    write(2, year % 100);
    write(5, month);
    write(8, day);
    write(11, of_day / 3600);
    write(14, of_day / 60 % 60);
    write(17, of_day % 60);
    write(20, micros / 10_000);
    write(22, micros / 100 % 100);
    write(24, micros % 100);
    out.extend_from_slice(&text);
}

/// Year, month and day of a day since 1970. In years that begin with March, so that a leap day is the last, and in eras of
/// 400 years, which are all of a length.
fn civil(day: i64) -> (i64, u32, u32) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097) as u32;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (i64::from(year_of_era) + era * 400 + i64::from(month <= 2), month, day)
}

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
        let seconds = (-62_200_000_000..253_000_000_000i64).step_by(86_400 * 5 + 12_345);
        let times = seconds.map(|second| Timestamp::new(second, (second % 1_000_000_000) as i32).unwrap());
        for time in times.chain(ends) {
            let mut out = Vec::new();
            write_time(&mut out, time);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{time:.6}"));
        }
    }
}
