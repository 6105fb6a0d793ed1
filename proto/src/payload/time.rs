//! Times as other systems write them.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::Deserializer;

use super::PayloadError;

/// RFC 3339; without an offset it is taken as UTC, as AllThingsTalk does.
pub(super) struct Moment(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        read_time(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Reads a time as RFC 3339 text; without an offset it is taken as UTC.
///
/// # Errors
/// What is wrong with the text.
pub fn read_time(text: &str) -> Result<Timestamp, PayloadError> {
    let civil = || text.parse::<jiff::civil::DateTime>()?.to_zoned(jiff::tz::TimeZone::UTC);
    text.parse::<Timestamp>()
        .or_else(|error| civil().map(|zoned| zoned.timestamp()).map_err(|_: jiff::Error| error))
        .map_err(|error| PayloadError::Malformed(format!("not a time: {error}")))
}
