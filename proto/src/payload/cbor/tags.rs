//! Times and places in CBOR.

use ciborium_ll::{Header, simple};
use jiff::{SignedDuration, Timestamp};

use super::reader::{DEPTH, Reader};
use crate::payload::{Location, PayloadError, time};

const TIME_TEXT: u64 = 0;
const UNIX_TIME: u64 = 1;
const EXTENDED_TIME: u64 = 1001;

/// `[latitude, longitude, altitude, uncertainty]`, the last two may be missing.
pub(super) const LOCATION: u64 = 103;

const LOCATION_ITEMS: usize = 4;

/// The keys of an extended time: seconds, and parts of one.
const SECONDS: i128 = 1;
const PARTS: [(i128, i64); 3] = [(-3, 1_000_000), (-6, 1_000), (-9, 1)];

pub(super) fn is_time(tag: u64) -> bool {
    matches!(tag, TIME_TEXT | UNIX_TIME | EXTENDED_TIME)
}

/// A time with its tag, or null.
pub(super) fn time_or_null(
    reader: &mut Reader<'_>,
    header: Header,
) -> Result<Option<Timestamp>, PayloadError> {
    match header {
        Header::Simple(simple::NULL | simple::UNDEFINED) => Ok(None),
        Header::Tag(tag) if is_time(tag) => time(reader, tag).map(Some),
        _ => Err(reader.error("expected a time")),
    }
}

/// A location with its tag, or null.
pub(super) fn location_or_null(
    reader: &mut Reader<'_>,
    header: Header,
) -> Result<Option<Location>, PayloadError> {
    match header {
        Header::Simple(simple::NULL | simple::UNDEFINED) => Ok(None),
        Header::Tag(LOCATION) => location(reader).map(Some),
        _ => Err(reader.error("expected a location")),
    }
}

/// What follows the tag of a time.
pub(super) fn time(reader: &mut Reader<'_>, tag: u64) -> Result<Timestamp, PayloadError> {
    let time = match (tag, reader.pull()?) {
        (TIME_TEXT, Header::Text(length)) => time::read_time(&reader.text(length)?),
        (UNIX_TIME, header) => time::from_unix(seconds(reader, header)?),
        (EXTENDED_TIME, Header::Map(pairs)) => time::from_unix(extended(reader, pairs)?),
        _ => return Err(reader.error("a time of another type than its tag says")),
    };
    time.map_err(|error| reader.error(error))
}

/// Seconds since 1970.
fn seconds(reader: &mut Reader<'_>, header: Header) -> Result<SignedDuration, PayloadError> {
    let seconds = match header {
        Header::Float(seconds) => SignedDuration::try_from_secs_f64(seconds).ok(),
        header => {
            integer(header).and_then(|seconds| i64::try_from(seconds).ok()).map(SignedDuration::from_secs)
        }
    };
    seconds.ok_or_else(|| reader.error("not a time: no number of seconds"))
}

/// Seconds with parts of one. Other keys must be understood when they are not negative.
fn extended(reader: &mut Reader<'_>, pairs: Option<usize>) -> Result<SignedDuration, PayloadError> {
    let mut items = reader.items(pairs);
    let mut time = None;
    let mut part = SignedDuration::ZERO;
    while let Some(header) = items.next(reader)? {
        let key = integer(header);
        let header = reader.pull()?;
        if key == Some(SECONDS) {
            time = Some(seconds(reader, header)?);
        } else if let Some((_, nanos)) = PARTS.into_iter().find(|(exponent, _)| key == Some(*exponent)) {
            let parts =
                integer(header).and_then(|parts| i64::try_from(parts).ok()).filter(|parts| *parts >= 0);
            let nanos = parts.and_then(|parts| parts.checked_mul(nanos));
            part = SignedDuration::from_nanos(nanos.ok_or_else(|| reader.error("no part of a second"))?);
        } else if key.is_some_and(i128::is_negative) {
            reader.item(header, &mut Vec::new(), DEPTH)?;
        } else {
            return Err(reader.error("a time with a key that is not known"));
        }
    }
    let time = time.and_then(|time| time.checked_add(part));
    time.ok_or_else(|| reader.error("a time without seconds"))
}

/// What follows the tag of a location.
pub(super) fn location(reader: &mut Reader<'_>) -> Result<Location, PayloadError> {
    let mut items = reader.array("a location")?;
    let mut numbers = Vec::with_capacity(LOCATION_ITEMS);
    while let Some(header) = items.next(reader)? {
        if numbers.len() == LOCATION_ITEMS {
            return Err(reader.error("a location of more than four"));
        }
        numbers.push(number(reader, header)?);
    }
    let location = match numbers[..] {
        [Some(latitude), Some(longitude)] => Location::new(latitude, longitude, None),
        [Some(latitude), Some(longitude), altitude] | [Some(latitude), Some(longitude), altitude, _] => {
            Location::new(latitude, longitude, altitude)
        }
        _ => None,
    };
    location.ok_or_else(|| reader.error("no place on earth"))
}

/// A number; `None`: null.
fn number(reader: &mut Reader<'_>, header: Header) -> Result<Option<f64>, PayloadError> {
    match header {
        Header::Float(number) => Ok(Some(number)),
        Header::Simple(simple::NULL | simple::UNDEFINED) => Ok(None),
        header => match integer(header) {
            Some(number) => Ok(Some(number as f64)),
            None => Err(reader.error("expected a number")),
        },
    }
}

fn integer(header: Header) -> Option<i128> {
    match header {
        Header::Positive(number) => Some(number.into()),
        Header::Negative(inverted) => Some(!i128::from(inverted)),
        _ => None,
    }
}
