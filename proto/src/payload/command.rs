//! Commands: values that the platform wants.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::members::{Members, parse_id, parse_members};
use super::{MAX_BYTES, MAX_ID_BYTES, PayloadError, check_size};

/// How far into a command that is too large its id is looked for.
const LOOKED_AT: usize = MAX_BYTES + 16 * 1024;

/// A command as it arrives: for one asset (`value`), for several (`values`), or to do something (`arguments`).
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// By which it is answered; without one it is not. At most [`MAX_ID_BYTES`].
    pub id: Option<String>,
    /// When it was given.
    pub at: Option<Timestamp>,
    /// After this it must not run any more.
    pub expires: Option<Timestamp>,
    /// The value that is wanted, as JSON.
    pub value: Option<Box<RawValue>>,
    /// The values that are wanted, by asset.
    pub values: Vec<(String, Box<RawValue>)>,
    /// What an action is to be done with, by name. An action without arguments needs none.
    pub arguments: Vec<(String, Box<RawValue>)>,
    /// To a device: publish the whole state again; see [`ANNOUNCE`].
    pub announce: bool,
}

/// Reads a command for one asset (`value`), for a device (`values`), or an action's (`arguments`).
///
/// What could be read of a bad payload is kept in the command: with its id it can be answered. Whether
/// the value is there is for the reader to say, who knows which of the two it must be.
pub fn read_command(payload: &[u8]) -> (Command, Result<(), PayloadError>) {
    let mut members = Members::default();
    let result = match check_size(payload) {
        Ok(()) => parse_members(payload, &mut members),
        Err(error) => {
            // Too large to be taken, not too large to be answered: if the id stands near the beginning. Reading
            // all of it would be just the work that a limit is there to save.
            members.id = parse_id(&payload[..payload.len().min(LOOKED_AT)]);
            Err(error)
        }
    };
    let Members { id, at, expires, value, values, arguments, announce, .. } = members;
    let (id, result) = match id {
        Some(id) if id.len() > MAX_ID_BYTES => (None, Err(PayloadError::Id(id.len()))),
        id => (id, result),
    };
    (Command { id, at, expires, value, values, arguments, announce }, result)
}

/// The command to a device to publish its whole state again. A platform that may have missed messages
/// sends it: its session at the broker was lost, and devices may have been back before it.
pub const ANNOUNCE: &[u8] = br#"{"announce":true}"#;

/// Appends a command for one asset.
pub fn write_command(
    out: &mut Vec<u8>,
    id: &str,
    at: Timestamp,
    expires: Option<Timestamp>,
    value: &RawValue,
) {
    #[derive(Serialize)]
    struct Wire<'a> {
        at: Timestamp,
        value: &'a RawValue,
        id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires: Option<Timestamp>,
    }
    serde_json::to_writer(out, &Wire { at, value, id, expires }).expect("writing to memory does not fail");
}

/// Appends a command for several assets.
pub fn write_device_command<'a>(
    out: &mut Vec<u8>,
    id: &str,
    at: Timestamp,
    expires: Option<Timestamp>,
    values: impl IntoIterator<Item = (&'a str, &'a RawValue)>,
) {
    #[derive(Serialize)]
    struct Wire<'a> {
        at: Timestamp,
        values: std::collections::BTreeMap<&'a str, &'a RawValue>,
        id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires: Option<Timestamp>,
    }
    let values = values.into_iter().collect();
    serde_json::to_writer(out, &Wire { at, values, id, expires }).expect("writing to memory does not fail");
}

/// Appends the command to do an action; each argument is JSON already.
pub fn write_action<'a>(
    out: &mut Vec<u8>,
    id: &str,
    at: Timestamp,
    expires: Option<Timestamp>,
    arguments: impl IntoIterator<Item = (&'a str, &'a RawValue)>,
) {
    #[derive(Serialize)]
    struct Wire<'a> {
        id: &'a str,
        at: Timestamp,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires: Option<Timestamp>,
        arguments: std::collections::BTreeMap<&'a str, &'a RawValue>,
    }
    let arguments = arguments.into_iter().collect();
    serde_json::to_writer(out, &Wire { id, at, expires, arguments })
        .expect("writing to memory does not fail");
}
