//! States in CBOR, as AllThingsTalk's devices send them: maps, bare values, and data points with a time and
//! a place. Values become the JSON that everything else reads.

mod reader;
mod tags;

use std::collections::HashSet;

use ciborium_ll::Header;
use serde_json::value::RawValue;

use super::members::{Members, parse_members};
use super::state::State;
use super::{PayloadError, malformed};
use reader::{DEPTH, Reader};

/// IoT data point: `[value or map, time, location]`, what comes after the first may be null or absent.
const DATA_POINT: u64 = 120;

/// The state of one asset: a map with `value`, a data point, or a bare value.
pub(super) fn read_state(payload: &[u8]) -> Result<State, PayloadError> {
    let mut reader = Reader::new(payload);
    let header = reader.first()?;
    let state = state(&mut reader, header)?;
    reader.end()?;
    Ok(state)
}

/// States by asset: a map, or a data point with a map, whose time and place are those of every state that
/// does not say another.
pub(super) fn read_states(payload: &[u8]) -> Result<Vec<(String, State)>, PayloadError> {
    let mut reader = Reader::new(payload);
    let states = match reader.first()? {
        Header::Tag(DATA_POINT) => {
            let (mut states, common) = data_point(&mut reader, entries)?;
            states.iter_mut().for_each(|(_, state)| common.complete(state));
            states
        }
        header => entries(&mut reader, header)?,
    };
    reader.end()?;
    Ok(states)
}

fn state(reader: &mut Reader<'_>, header: Header) -> Result<State, PayloadError> {
    match header {
        Header::Tag(DATA_POINT) => {
            let (mut state, common) = data_point(reader, content)?;
            common.complete(&mut state);
            Ok(state)
        }
        header => content(reader, header),
    }
}

/// Of a data point, what belongs to all that is in it.
struct Common {
    at: Option<jiff::Timestamp>,
    location: Option<super::Location>,
}

impl Common {
    fn complete(&self, state: &mut State) {
        state.at = state.at.or(self.at);
        state.location = state.location.or(self.location);
    }
}

/// What follows the tag of a data point.
fn data_point<T>(
    reader: &mut Reader<'_>,
    content: impl FnOnce(&mut Reader<'_>, Header) -> Result<T, PayloadError>,
) -> Result<(T, Common), PayloadError> {
    let mut items = reader.array("a data point")?;
    let first = items.next(reader)?.ok_or_else(|| reader.error("a data point without a value"))?;
    let content = content(reader, first)?;
    let at = match items.next(reader)? {
        Some(header) => tags::time_or_null(reader, header)?,
        None => None,
    };
    let location = match items.next(reader)? {
        Some(header) => tags::location_or_null(reader, header)?,
        None => None,
    };
    match items.next(reader)? {
        None => Ok((content, Common { at, location })),
        Some(_) => Err(reader.error("a data point of more than three")),
    }
}

/// A map with the members of a state, or a bare value.
fn content(reader: &mut Reader<'_>, header: Header) -> Result<State, PayloadError> {
    let mut json = Vec::new();
    reader.item(header, &mut json, DEPTH)?;
    if !matches!(header, Header::Map(_)) {
        return Ok(State { value: Some(raw(json)?), ..State::default() });
    }
    let mut members = Members::default();
    parse_members(&json, &mut members)?;
    members.into_state()
}

fn entries(reader: &mut Reader<'_>, header: Header) -> Result<Vec<(String, State)>, PayloadError> {
    let Header::Map(pairs) = header else {
        return Err(reader.error("expected a map of values by asset name"));
    };
    let mut items = reader.items(pairs);
    let mut states = Vec::new();
    let mut seen = HashSet::new();
    while let Some(header) = items.next(reader)? {
        let Header::Text(length) = header else { return Err(reader.error("an asset's name is no text")) };
        let name = reader.text(length)?;
        if !seen.insert(name.clone()) {
            return Err(reader.error(format_args!("`{}` comes twice", name.escape_debug())));
        }
        let header = reader.pull()?;
        states.push((name, state(reader, header)?));
    }
    Ok(states)
}

fn raw(json: Vec<u8>) -> Result<Box<RawValue>, PayloadError> {
    serde_json::from_slice(&json).map_err(malformed)
}

#[cfg(test)]
mod tests;
