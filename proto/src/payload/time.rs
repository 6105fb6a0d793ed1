//! Times as other systems write them.

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
