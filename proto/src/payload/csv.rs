//! States as AllThingsTalk's small devices write them: `<unix seconds>|<value>`, and `0|<value>` for now.

use jiff::{SignedDuration, Timestamp};
use serde_json::value::{RawValue, to_raw_value};

use super::state::State;
use super::{PayloadError, malformed, time};

const SEPARATOR: char = '|';

/// `None`: it is none, for nothing like a number stands before a separator.
pub(super) fn read_state(text: &str) -> Option<Result<State, PayloadError>> {
    let (seconds, value) = text.trim_ascii_start().split_once(SEPARATOR)?;
    let is_number = seconds.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'.'));
    (is_number && !seconds.is_empty()).then(|| {
        let value = json_or_text(value.trim_ascii())?;
        Ok(State { at: read_time(seconds)?, value: Some(value), ..State::default() })
    })
}

fn read_time(seconds: &str) -> Result<Option<Timestamp>, PayloadError> {
    if seconds == "0" {
        return Ok(None);
    }
    let whole = seconds.parse().ok().map(SignedDuration::from_secs);
    let duration = whole.or_else(|| SignedDuration::try_from_secs_f64(seconds.parse().ok()?).ok());
    let duration =
        duration.ok_or_else(|| PayloadError::Malformed("not a time: no number of seconds".into()))?;
    time::from_unix(duration).map(Some).map_err(|error| PayloadError::Malformed(error.to_string()))
}

/// What is no JSON is a text.
fn json_or_text(value: &str) -> Result<Box<RawValue>, PayloadError> {
    serde_json::from_str(value).or_else(|_| to_raw_value(value)).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use crate::payload;

    #[track_caller]
    fn check(payload: &str, at: Option<&str>, value: &str) {
        let state = payload::read_state(payload.as_bytes()).unwrap();
        assert_eq!(state.at.map(|at| at.to_string()).as_deref(), at, "{payload}");
        assert_eq!(state.value.unwrap().get(), value, "{payload}");
    }

    #[test]
    fn a_time_stands_before_the_value() {
        check("0|true", None, "true");
        check("0|23.5", None, "23.5");
        check("0|hello", None, r#""hello""#);
        check("0|", None, r#""""#);
        check("0|a|b \"c\"", None, r#""a|b \"c\"""#);
        check("0|007", None, r#""007""#);
        check("0|NaN", None, r#""NaN""#);
        check(r#"0|"x""#, None, r#""x""#);
        check(r#"0|{"a": [1]}"#, None, r#"{"a": [1]}"#);
        check("1500000000|-1\r\n", Some("2017-07-14T02:40:00Z"), "-1");
        check("1500000000.789|false", Some("2017-07-14T02:40:00.789Z"), "false");
        check("-1|1", Some("1969-12-31T23:59:59Z"), "1");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for payload in
            ["1.2.3|1", "-|1", "99999999999999|1", "253402300800|1", "-62167219200|1", "9e9|1", "|1"]
        {
            assert!(payload::read_state(payload.as_bytes()).is_err(), "{payload}");
        }
        check(r#""0|1""#, None, r#""0|1""#);
    }
}
