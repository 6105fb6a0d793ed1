//! States: a value and the time at which it held.

use jiff::Timestamp;
use serde::de::DeserializeSeed as _;
use serde_json::value::RawValue;

use super::location::Location;
use super::members::{Entries, Members, parse_members};
use super::time::write_time;
use super::{PayloadError, cbor, check_size, csv, malformed};

/// Where a state stands in its device's history: sessions first, then the number within the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Handed out by the registry at every start; only grows.
    pub session: u64,
    /// Counts the device's transactions in this session.
    pub seq: u64,
}

/// What a state carries besides time and value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Where it stands; `None`: the platform takes it for the newest when it comes.
    pub stamp: Option<Stamp>,
    /// It is sent after newer ones, for the history.
    pub historical: bool,
    /// How many states of the asset were dropped before it, by a device that had no room for them.
    pub dropped: u64,
    /// Its time was taken from a clock that was not to be believed.
    pub unsynced: bool,
}

impl From<Stamp> for Mark {
    fn from(stamp: Stamp) -> Self {
        Self { stamp: Some(stamp), ..Self::default() }
    }
}

/// Appends `{"at":..,"value":..,"session":..,"seq":..,"historical":true,"dropped":..,"unsynced":true}`, of which
/// the last five only where they are marked. The value is JSON already.
pub fn write_state(out: &mut Vec<u8>, at: Timestamp, value: &[u8], mark: impl Into<Mark>) {
    write_opening(out, at, value);
    write_ending(out, mark.into());
    out.push(b'}');
}

/// `{"at":..,"value":..`
pub(super) fn write_opening(out: &mut Vec<u8>, at: Timestamp, value: &[u8]) {
    out.extend_from_slice(br#"{"at":""#);
    write_time(out, at);
    out.extend_from_slice(br#"","value":"#);
    out.extend_from_slice(value);
}

/// `,"session":..,"seq":..,"historical":true,"dropped":..,"unsynced":true`, where they are marked.
pub(super) fn write_ending(out: &mut Vec<u8>, Mark { stamp, historical, dropped, unsynced }: Mark) {
    if let Some(Stamp { session, seq }) = stamp {
        out.extend_from_slice(br#","session":"#);
        write_number(out, session);
        out.extend_from_slice(br#","seq":"#);
        write_number(out, seq);
    }
    if historical {
        out.extend_from_slice(br#","historical":true"#);
    }
    if dropped > 0 {
        out.extend_from_slice(br#","dropped":"#);
        write_number(out, dropped);
    }
    if unsynced {
        out.extend_from_slice(br#","unsynced":true"#);
    }
}

fn write_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends states of several assets as one message, each with its mark.
pub fn write_states<'a, M: Into<Mark>>(
    out: &mut Vec<u8>,
    at: Timestamp,
    states: impl IntoIterator<Item = (&'a str, &'a [u8], M)>,
) {
    let mut separator = b'{';
    for (asset, value, mark) in states {
        out.push(separator);
        separator = b',';
        // Names need no escapes: letters, digits, `_` and `-`.
        out.push(b'"');
        out.extend_from_slice(asset.as_bytes());
        out.extend_from_slice(b"\":");
        write_state(out, at, value, mark);
    }
    out.push(b'}');
}

/// A state as it arrives.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// When it held; absent: now.
    pub at: Option<Timestamp>,
    /// The value as JSON.
    pub value: Option<Box<RawValue>>,
    /// Where it was taken, if that is said.
    pub location: Option<Location>,
    /// Absent from devices that are not ours.
    pub stamp: Option<Stamp>,
    /// Sent after newer ones, for the history only.
    pub historical: bool,
    /// How many states of the asset the device has dropped before this one.
    pub dropped: u64,
    /// The device does not believe the clock that `at` was taken from.
    pub unsynced: bool,
}

/// Reads a state of one asset: JSON, CBOR, or `<unix seconds>|<value>` with 0 for now.
///
/// What can be read as text is text: a bare CBOR value that consists of printable characters is taken for
/// JSON. Where it is known to be CBOR, there is [`read_cbor_state`].
///
/// # Errors
/// When it is none of them, or has no value.
pub fn read_state(payload: &[u8]) -> Result<State, PayloadError> {
    check_size(payload)?;
    let Some(text) = as_text(payload) else { return cbor::read_state(payload) };
    csv::read_state(text).unwrap_or_else(|| read_json_state(payload))
}

/// Reads a state of one asset in CBOR: a map with `value`, a data point (tag 120), or a bare value.
///
/// # Errors
/// When it is not CBOR, has no value, or one that JSON has no place for.
pub fn read_cbor_state(payload: &[u8]) -> Result<State, PayloadError> {
    check_size(payload)?;
    cbor::read_state(payload)
}

/// Reads a message with the states of several assets, in its order: JSON or CBOR.
///
/// # Errors
/// When it is neither, or one of them has no value.
pub fn read_states(payload: &[u8]) -> Result<Vec<(String, State)>, PayloadError> {
    check_size(payload)?;
    if as_text(payload).is_none() {
        return cbor::read_states(payload);
    }
    let mut states = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(payload);
    Entries(&mut states).deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    states.into_iter().map(|(asset, raw)| Ok((asset, read_json_state(raw.get().as_bytes())?))).collect()
}

/// Reads a message with the states of several assets in CBOR: a map, or a data point (tag 120) with one.
///
/// # Errors
/// As [`read_cbor_state`].
pub fn read_cbor_states(payload: &[u8]) -> Result<Vec<(String, State)>, PayloadError> {
    check_size(payload)?;
    cbor::read_states(payload)
}

fn read_json_state(payload: &[u8]) -> Result<State, PayloadError> {
    let mut members = Members::default();
    parse_members(payload, &mut members)?;
    members.into_state()
}

/// `None`: this is CBOR, whose maps and tags are no UTF-8, and whose small items are control characters.
fn as_text(payload: &[u8]) -> Option<&str> {
    let text = str::from_utf8(payload).ok()?;
    let is_json = matches!(payload.trim_ascii_start().first(), None | Some(b'{' | b'[' | b'"'));
    let is_text = |byte: u8| byte.is_ascii_whitespace() || !byte.is_ascii_control();
    (is_json || payload.iter().copied().all(is_text)).then_some(text)
}
