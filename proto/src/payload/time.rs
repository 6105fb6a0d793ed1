//! Times as other systems write them.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::PayloadError;

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
/// When it is none.
pub fn read_time(text: &str) -> Result<Timestamp, PayloadError> {
    let read = text.parse::<Timestamp>().or_else(|error| in_utc(text).map_err(|_| error));
    read.map_err(|error| PayloadError::Time(error.to_string()))
}

fn in_utc(text: &str) -> Result<Timestamp, jiff::Error> {
    let civil: jiff::civil::DateTime = text.parse()?;
    Ok(civil.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
}
