//! Times as AllThingsTalk writes them: UTC with `Z`, no zeros at the end of a fraction. States keep their
//! microseconds, so that the time that was sent is the time that is read; all else is cut to milliseconds.

use jiff::Timestamp;
use serde::{Serialize as _, Serializer};

/// Cut to milliseconds.
pub(super) fn millis<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    let cut = Timestamp::from_millisecond(time.as_microsecond().div_euclid(1000));
    cut.unwrap_or(*time).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(time: &str, state: &str, other: &str) {
        let time: Timestamp = time.parse().unwrap();
        let text = |text: &str| serde_json::Value::from(text);
        assert_eq!(serde_json::to_value(time).unwrap(), text(state));
        assert_eq!(millis(&time, serde_json::value::Serializer).unwrap(), text(other));
    }

    #[test]
    fn zeros_at_the_end_are_not_written() {
        check("2020-12-23T14:00:39.450+00:00", "2020-12-23T14:00:39.45Z", "2020-12-23T14:00:39.45Z");
        check("2020-12-23T14:00:39Z", "2020-12-23T14:00:39Z", "2020-12-23T14:00:39Z");
        check("2021-08-27T11:14:15.410910+02:00", "2021-08-27T09:14:15.41091Z", "2021-08-27T09:14:15.41Z");
        check("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999Z");
    }
}
