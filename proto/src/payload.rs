//! What is sent on the topics: JSON objects with lower-case members.
//!
//! Reading is lenient where the systems that we speak with need it (member names in any case, a bare
//! JSON value for `{"value":..}`, unknown members), and strict in all else. Writing is always the same.

use std::fmt;
use std::io::Write as _;

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The most bytes that a payload may have, in both directions: below what every broker that we run
/// on takes by default.
pub const MAX_BYTES: usize = 256 * 1024;

/// Why a payload was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Not JSON, or not of the shape.
    #[error("malformed payload: {0}")]
    Malformed(String),
    /// JSON without the member `value` (or `values`).
    #[error("the payload has no member `{0}`")]
    Missing(&'static str),
    /// More than [`MAX_BYTES`].
    #[error("the payload has {0} bytes, the limit is {MAX_BYTES}")]
    TooLarge(usize),
}

/// Where a state stands in its device's history: sessions first, then the number within the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Handed out by the registry at every start; only grows.
    pub session: u64,
    /// Counts the device's transactions in this session.
    pub seq: u64,
}

/// Appends `{"at":..,"value":..,"session":..,"seq":..}`. The value is JSON already.
pub fn write_state(out: &mut Vec<u8>, at: Timestamp, value: &[u8], stamp: Stamp) {
    let _ = write!(out, r#"{{"at":"{at:.6}","value":"#);
    out.extend_from_slice(value);
    let _ = write!(out, r#","session":{},"seq":{}}}"#, stamp.session, stamp.seq);
}

/// Appends states of several assets as one message.
pub fn write_states<'a>(
    out: &mut Vec<u8>,
    at: Timestamp,
    states: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    stamp: Stamp,
) {
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

/// A command as it arrives: for one asset (`value`), or for several (`values`).
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// By which it is answered; without one it is not.
    pub id: Option<String>,
    /// When it was given.
    pub at: Option<Timestamp>,
    /// After this it must not run any more.
    pub expires: Option<Timestamp>,
    /// The value that is wanted, as JSON.
    pub value: Option<Box<RawValue>>,
    /// The values that are wanted, by asset.
    pub values: Vec<(String, Box<RawValue>)>,
    /// To a device: publish the whole state again; see [`ANNOUNCE`].
    pub announce: bool,
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

/// Reads a command for one asset (`value`) or for a device (`values`).
///
/// What could be read of a bad payload is kept in the command: with its id it can be answered. Whether
/// the value is there is for the reader to say, who knows which of the two it must be.
pub fn read_command(payload: &[u8]) -> (Command, Result<(), PayloadError>) {
    let mut members = Members::default();
    let result = check_size(payload).and(parse_members(payload, &mut members));
    if result.is_err() && members.id.is_none() {
        // Too large to be taken, not too large to be answered.
        let _ = parse_members(payload, &mut members);
    }
    let Members { id, at, expires, value, values, announce, .. } = members;
    (Command { id, at, expires, value, values, announce }, result)
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

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The handler did it; the value is what was really applied.
    Applied,
    /// Refused: by the limits, by the handler, too late, unknown.
    Rejected,
    /// The handler panicked, or what it applied is no valid value.
    Failed,
    /// The handler took too long.
    Timeout,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
        })
    }
}

/// The answer to a command, by its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The command's id.
    pub id: String,
    /// What became of it.
    pub status: Status,
    /// What was applied; for several assets an object by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<RawValue>>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a device is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PresenceStatus {
    /// Connected.
    Online,
    /// Said goodbye, or its connection broke.
    Offline,
}

/// The retained message of a device's presence. The session keeps an old will from undoing a newer
/// birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Whether it is there.
    pub status: PresenceStatus,
    /// Of which session.
    #[serde(default)]
    pub session: u64,
}

/// Writes an outcome or a presence.
pub fn to_json(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).expect("our messages are always JSON")
}

/// Reads an outcome or a presence.
///
/// # Errors
/// When it is not JSON of that shape.
pub fn from_json<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, PayloadError> {
    check_size(payload)?;
    serde_json::from_slice(payload).map_err(malformed)
}

/// The member with a value.
pub const VALUE: &str = "value";
/// The member with values by asset.
pub const VALUES: &str = "values";

fn check_size(payload: &[u8]) -> Result<(), PayloadError> {
    if payload.len() > MAX_BYTES { Err(PayloadError::TooLarge(payload.len())) } else { Ok(()) }
}

fn malformed(error: serde_json::Error) -> PayloadError {
    PayloadError::Malformed(error.to_string())
}

/// The members of states and commands, whatever their case.
#[derive(Default)]
struct Members {
    id: Option<String>,
    at: Option<Timestamp>,
    expires: Option<Timestamp>,
    value: Option<Box<RawValue>>,
    values: Vec<(String, Box<RawValue>)>,
    session: Option<u64>,
    seq: Option<u64>,
    historical: bool,
    announce: bool,
}

impl From<Members> for State {
    fn from(members: Members) -> Self {
        let stamp = match (members.session, members.seq) {
            (Some(session), Some(seq)) => Some(Stamp { session, seq }),
            _ => None,
        };
        Self { at: members.at, value: members.value, stamp, historical: members.historical }
    }
}

fn read_members(payload: &[u8]) -> Result<Members, PayloadError> {
    check_size(payload)?;
    let mut members = Members::default();
    parse_members(payload, &mut members)?;
    Ok(members)
}

fn parse_members(payload: &[u8], members: &mut Members) -> Result<(), PayloadError> {
    if payload.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        members.value = Some(serde_json::from_slice(payload).map_err(malformed)?);
        return Ok(());
    }
    let mut reader = serde_json::Deserializer::from_slice(payload);
    MembersSeed(members).deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)
}

/// Fills members in place, so that those before an error are kept.
struct MembersSeed<'a>(&'a mut Members);

impl<'de> DeserializeSeed<'de> for MembersSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MembersSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a member `value`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let members = self.0;
        while let Some(key) = map.next_key::<String>()? {
            match key.to_ascii_lowercase().as_str() {
                "id" => members.id = Some(map.next_value()?),
                "at" => members.at = Some(map.next_value::<Moment>()?.0),
                "expires" => members.expires = map.next_value::<Option<Moment>>()?.map(|moment| moment.0),
                VALUE => members.value = Some(map.next_value()?),
                VALUES => map.next_value_seed(Entries(&mut members.values))?,
                "session" => members.session = Some(map.next_value()?),
                "seq" => members.seq = Some(map.next_value()?),
                "historical" => members.historical = map.next_value()?,
                "announce" => members.announce = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The entries of an object in their order; a name that comes twice is an error.
struct Entries<'a>(&'a mut Vec<(String, Box<RawValue>)>);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of values by asset name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            if !seen.insert(name.clone()) {
                return Err(serde::de::Error::custom(format_args!("`{name}` comes twice")));
            }
            self.0.push((name, value));
        }
        Ok(())
    }
}

/// RFC 3339; without an offset it is taken as UTC, as AllThingsTalk does.
struct Moment(Timestamp);

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

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2031-02-03T04:05:06.789Z".parse().unwrap()
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let mut out = Vec::new();
        write_state(&mut out, at(), b"21.5", Stamp { session: 7, seq: 9 });
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, r#"{"at":"2031-02-03T04:05:06.789000Z","value":21.5,"session":7,"seq":9}"#);
        let state = read_state(text.as_bytes()).unwrap();
        assert_eq!(state.at, Some(at()));
        assert_eq!(state.value.unwrap().get(), "21.5");
        assert_eq!(state.stamp, Some(Stamp { session: 7, seq: 9 }));
    }

    #[test]
    fn states_of_several_assets_are_one_object() {
        let mut out = Vec::new();
        write_states(&mut out, at(), [("a", &b"1"[..]), ("b", &b"true"[..])], Stamp::default());
        let states = read_states(&out).unwrap();
        let names: Vec<_> =
            states.iter().map(|(name, state)| (&**name, state.value.as_ref().unwrap().get())).collect();
        assert_eq!(names, [("a", "1"), ("b", "true")]);
    }

    #[test]
    fn other_systems_are_understood() {
        for payload in [
            r#"{"value":21.5}"#,
            r#"{"Value":21.5,"At":"2031-02-03T04:05:06.789"}"#,
            r#" {"AT":"2031-02-03T05:05:06.789+01:00","value":21.5,"more":[{}]}"#,
            "21.5",
        ] {
            let state = read_state(payload.as_bytes()).unwrap();
            assert_eq!(state.value.unwrap().get(), "21.5", "{payload}");
            assert!(state.at.is_none_or(|time| time == at()), "{payload}");
        }
    }

    #[test]
    fn an_announcement_is_asked_for() {
        let (command, read) = read_command(ANNOUNCE);
        assert!(read.is_ok() && command.announce && command.id.is_none());
    }

    #[test]
    fn bad_payloads_are_errors_and_keep_the_commands_id() {
        for (payload, id, reason) in [
            (r#"{"id":"c1","value":"#, Some("c1"), "malformed payload: EOF"),
            (r#"{"id":"c1","value":1}x"#, Some("c1"), "malformed payload: trailing characters"),
            (r#"{"value":1,"at":"yesterday"}"#, None, "malformed payload: malformed payload: not a time"),
            (r#"{"id":7,"value":1}"#, None, "malformed payload: invalid type: integer `7`"),
            (r#"{"id":"c1","values":{"a":1,"a":2}}"#, Some("c1"), "malformed payload: `a` comes twice"),
            ("", None, "malformed payload: EOF"),
            ("not json", None, "malformed payload: expected ident"),
        ] {
            let (command, result) = read_command(payload.as_bytes());
            assert_eq!(command.id.as_deref(), id, "{payload}");
            let found = result.unwrap_err().to_string();
            assert!(found.starts_with(reason), "{payload}: {found}");
        }
        let large = format!(r#"{{"value":"{}","id":"c1"}}"#, "x".repeat(MAX_BYTES));
        let (command, result) = read_command(large.as_bytes());
        assert_eq!(command.id.as_deref(), Some("c1"));
        assert_eq!(result, Err(PayloadError::TooLarge(large.len())));
    }
}
