//! Times as other systems write them.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// RFC 3339; without an offset it is taken as UTC, as AllThingsTalk does.
pub(super) struct Moment(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = text.parse::<Timestamp>().or_else(|error| in_utc(&text).map_err(|_| error));
        read.map(Self).map_err(|error| D::Error::custom(format_args!("not a time: {error}")))
    }
}

fn in_utc(text: &str) -> Result<Timestamp, jiff::Error> {
    let civil: jiff::civil::DateTime = text.parse()?;
    Ok(civil.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
}
