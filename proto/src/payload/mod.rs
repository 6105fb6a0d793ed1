//! What is sent on the topics: JSON objects with lower-case members.
//!
//! Reading is lenient where the systems that we speak with need it (member names in any case, a bare
//! JSON value for `{"value":..}`, unknown members; states also in CBOR and as `time|value`), and strict in
//! all else. Writing is always the same.

mod answer;
mod cbor;
mod command;
mod csv;
mod location;
mod members;
mod report;
mod state;
mod time;

pub use answer::{Outcome, Presence, PresenceStatus, Status, from_json, to_json, write_outcome};
pub use command::{ANNOUNCE, Command, read_command, write_action, write_command, write_device_command};
pub use location::Location;
pub use members::{ARGUMENTS, VALUE, VALUES};
pub use report::{
    FormatKind, MAX_DESCRIPTION_BYTES, MAX_FIELDS, Report, Severity, UnknownSeverity, read_report,
    write_report,
};
pub use state::{
    Mark, Stamp, State, read_cbor_state, read_cbor_states, read_state, read_states, write_state, write_states,
};
pub use time::{TimeError, check_time, read_time};

/// The most bytes that a payload may have, in both directions: below what every broker that we run
/// on takes by default.
pub const MAX_BYTES: usize = 256 * 1024;

/// The most bytes of a command's id.
pub const MAX_ID_BYTES: usize = 128;

/// Why a payload was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Not JSON or CBOR, or not of the shape.
    #[error("malformed payload: {0}")]
    Malformed(String),
    /// Without the member `value` (or `values`).
    #[error("the payload has no member `{0}`")]
    Missing(&'static str),
    /// A name that is none; see [`crate::name`].
    #[error("`{name}` is no name: {source}")]
    Name {
        /// What stands there.
        name: String,
        /// Why not.
        source: crate::name::NameError,
    },
    /// More fields than [`MAX_FIELDS`].
    #[error("there are {0} fields, the limit is {MAX_FIELDS}")]
    Fields(usize),
    /// A description of more than [`MAX_DESCRIPTION_BYTES`].
    #[error("the description has {0} bytes, the limit is {MAX_DESCRIPTION_BYTES}")]
    Description(usize),
    /// An id that could not be repeated in every answer. The command is not answered.
    #[error("the command's id has {0} bytes, the limit is {MAX_ID_BYTES}")]
    Id(usize),
    /// More than [`MAX_BYTES`].
    #[error("the payload has {0} bytes, the limit is {MAX_BYTES}")]
    TooLarge(usize),
}

fn check_size(payload: &[u8]) -> Result<(), PayloadError> {
    if payload.len() > MAX_BYTES { Err(PayloadError::TooLarge(payload.len())) } else { Ok(()) }
}

fn malformed(error: serde_json::Error) -> PayloadError {
    PayloadError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::value::RawValue;

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
    fn c15_a_time_that_is_not_to_be_believed_says_so() {
        let mut out = Vec::new();
        write_state(&mut out, at(), b"1", Mark { unsynced: true, ..Mark::default() });
        assert_eq!(
            str::from_utf8(&out).unwrap(),
            r#"{"at":"2031-02-03T04:05:06.789000Z","value":1,"unsynced":true}"#
        );
        assert!(read_state(&out).unwrap().unsynced);
        assert!(!read_state(br#"{"at":"2031-02-03T04:05:06.789000Z","value":1}"#).unwrap().unsynced);
    }

    #[test]
    fn states_of_several_assets_are_one_object() {
        let mut out = Vec::new();
        let stamp = Stamp::default();
        write_states(&mut out, at(), [("a", &b"1"[..], stamp), ("b", &b"true"[..], stamp)]);
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
    fn what_can_be_read_as_text_is_no_cbor() {
        // As CBOR: -17, and "cba".
        assert_eq!(read_state(b"0").unwrap().value.unwrap().get(), "0");
        for payload in ["ccba", "enable", "", " ", "{", "*"] {
            let error = read_state(payload.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("CBOR"), "{payload}: {error}");
        }
    }

    #[test]
    fn times_are_in_years_that_everybody_has() {
        for at in [
            "0000-12-31T23:59:59Z",
            "10000-01-01T00:00:00Z",
            "-000001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-10:00",
            "",
        ] {
            let payload = format!(r#"{{"value":1,"at":"{at}"}}"#);
            let error = read_state(payload.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("not a time"), "{at}: {error}");
        }
        assert!(read_state(br#"{"value":1,"at":"0001-01-01T00:00:00"}"#).is_ok());
    }

    #[test]
    fn an_outcome_is_written_as_its_struct_is() {
        let value = || Some(serde_json::from_str::<Box<RawValue>>(r#"{"a":[1,"x"]}"#).unwrap());
        let strange = "a \"b\" \\ \n \u{7f} \u{2028} é";
        for (id, status, value, reason) in [
            ("1", Status::Applied, value(), None),
            ("", Status::Failed, None, Some(strange.to_owned())),
            (strange, Status::Rejected, value(), Some(String::new())),
            ("1", Status::Timeout, None, None),
        ] {
            let mut out = Vec::new();
            let json = value.as_ref().map(|value| value.get().as_bytes());
            write_outcome(&mut out, id, status, json, reason.as_deref());
            assert_eq!(out, to_json(&Outcome { id: id.to_owned(), status, value, reason }));
        }
    }

    #[test]
    fn an_announcement_is_asked_for() {
        let (command, read) = read_command(ANNOUNCE);
        assert!(read.is_ok() && command.announce && command.id.is_none());
    }

    #[test]
    fn an_action_is_read_as_it_was_written() {
        let value: Box<RawValue> = serde_json::from_str("0.5").unwrap();
        let mut out = Vec::new();
        write_action(&mut out, "c1", at(), Some(at()), [("offset", &*value)]);
        assert_eq!(
            str::from_utf8(&out).unwrap(),
            r#"{"id":"c1","at":"2031-02-03T04:05:06.789Z","expires":"2031-02-03T04:05:06.789Z","arguments":{"offset":0.5}}"#
        );
        let (command, read) = read_command(&out);
        let arguments: Vec<_> = command.arguments.iter().map(|(name, raw)| (&**name, raw.get())).collect();
        assert_eq!((read, command.id.as_deref()), (Ok(()), Some("c1")));
        assert_eq!((arguments, command.expires), (vec![("offset", "0.5")], Some(at())));
        let (_, read) = read_command(br#"{"id":"c1","arguments":[1]}"#);
        assert!(read.unwrap_err().to_string().contains("an object of values by name"));
    }

    #[test]
    fn bad_payloads_are_errors_and_keep_the_commands_id() {
        for (payload, id, reason) in [
            (r#"{"id":"c1","value":"#, Some("c1"), "malformed payload: EOF"),
            (r#"{"id":"c1","value":1}x"#, Some("c1"), "malformed payload: trailing characters"),
            (r#"{"value":1,"at":"yesterday"}"#, None, "malformed payload: not a time"),
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
        let long = format!(r#"{{"id":"{}","value":1}}"#, "i".repeat(129));
        let (command, result) = read_command(long.as_bytes());
        assert_eq!((command.id, result), (None, Err(PayloadError::Id(129))));
        let large = format!(r#"{{"value":"{}","id":"c1"}}"#, "x".repeat(MAX_BYTES));
        let (command, result) = read_command(large.as_bytes());
        assert_eq!(command.id.as_deref(), Some("c1"));
        assert_eq!(result, Err(PayloadError::TooLarge(large.len())));
    }
}
