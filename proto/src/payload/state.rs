//! States: a value and the time at which it held.

use std::io::Write as _;

use jiff::Timestamp;
use serde::de::DeserializeSeed as _;
use serde_json::value::RawValue;

use super::members::{Entries, VALUE, read_members};
use super::{PayloadError, check_size, malformed};

/// Where a state stands in its device's history: sessions first, then the number within the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Handed out by the registry at every start; only grows.
    pub session: u64,
    /// Counts the device's transactions in this session.
    pub seq: u64,
}

/// Appends `{"at":..,"value":..,"session":..,"seq":..}`, the last two if there is a stamp. The value is JSON
/// already.
pub fn write_state(out: &mut Vec<u8>, at: Timestamp, value: &[u8], stamp: impl Into<Option<Stamp>>) {
    let _ = write!(out, r#"{{"at":"{at:.6}","value":"#);
    out.extend_from_slice(value);
    if let Some(Stamp { session, seq }) = stamp.into() {
        let _ = write!(out, r#","session":{session},"seq":{seq}"#);
    }
    out.push(b'}');
}

/// Appends states of several assets as one message.
pub fn write_states<'a>(
    out: &mut Vec<u8>,
    at: Timestamp,
    states: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    stamp: impl Into<Option<Stamp>>,
) {
    let stamp = stamp.into();
    let mut separator = b'{';
    for (asset, value) in states {
        out.push(separator);
        separator = b',';
        // Names need no escapes: letters, digits, `_` and `-`.
        let _ = write!(out, "\"{asset}\":");
        write_state(out, at, value, stamp);
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
    /// Absent from devices that are not ours.
    pub stamp: Option<Stamp>,
    /// Sent after newer ones, for the history only.
    pub historical: bool,
}

/// Reads a state of one asset.
///
/// # Errors
/// When it is not JSON, or has no value.
pub fn read_state(payload: &[u8]) -> Result<State, PayloadError> {
    let members = read_members(payload)?;
    if members.value.is_none() {
        return Err(PayloadError::Missing(VALUE));
    }
    Ok(members.into())
}

/// Reads a message with the states of several assets, in its order.
///
/// # Errors
/// When it is not JSON, or one of them has no value.
pub fn read_states(payload: &[u8]) -> Result<Vec<(String, State)>, PayloadError> {
    check_size(payload)?;
    let mut states = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(payload);
    Entries(&mut states).deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    states.into_iter().map(|(asset, raw)| Ok((asset, read_state(raw.get().as_bytes())?))).collect()
}
