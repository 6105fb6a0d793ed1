//! What a device says of itself and of commands: outcomes and presence.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{PayloadError, check_size, malformed};

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

impl Status {
    /// As it stands in an outcome.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
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

/// Appends an outcome as JSON, as [`to_json`] writes an [`Outcome`]. `value`: in JSON.
pub fn write_outcome(
    out: &mut Vec<u8>,
    id: &str,
    status: Status,
    value: Option<&[u8]>,
    reason: Option<&str>,
) {
    out.extend_from_slice(br#"{"id":"#);
    write_text(out, id);
    out.extend_from_slice(br#","status":""#);
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b'"');
    if let Some(value) = value {
        out.extend_from_slice(br#","value":"#);
        out.extend_from_slice(value);
    }
    if let Some(reason) = reason {
        out.extend_from_slice(br#","reason":"#);
        write_text(out, reason);
    }
    out.push(b'}');
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("writing to memory does not fail");
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

impl fmt::Display for PresenceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Online => "online",
            Self::Offline => "offline",
        })
    }
}

/// The retained message of a device's presence. The session keeps an old will from undoing a newer
/// birth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Whether it is there.
    pub status: PresenceStatus,
    /// Of which session.
    #[serde(default)]
    pub session: u64,
    /// Whose connection it is on, if it is not its own: when that one is offline, so is this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
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
