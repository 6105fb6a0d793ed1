//! Reports: what a device says besides its states. An alert is a report that somebody should see to; data are records
//! of a declared format. Both have typed fields, a time, and a place in the device's history.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::members::Entries;
use super::state::{Mark, Stamp, write_ending, write_opening};
use super::time::Moment;
use super::{PayloadError, VALUE, check_size, malformed};
use crate::name;

/// The most fields that a report may have.
pub const MAX_FIELDS: usize = 64;

/// The most bytes of an alert's description.
pub const MAX_DESCRIPTION_BYTES: usize = 1024;

/// What reports of a format are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FormatKind {
    /// Somebody should see to it.
    Alert,
    /// Records.
    Data,
}

/// How much an alert matters. The order is that of the words here, from the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is good to know.
    Low,
    /// Somebody may see to it at times.
    Normal,
    /// Somebody should see to it.
    #[default]
    Significant,
    /// Somebody must see to it now.
    Critical,
}

impl Severity {
    /// All of them, from the least.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::Significant, Self::Critical];

    /// The word on the wire and in attributes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::Significant => "significant",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no severity, expected one of `low`, `normal`, `significant`, `critical`")]
pub struct UnknownSeverity(pub String);

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(word: &str) -> Result<Self, UnknownSeverity> {
        let found = Self::ALL.into_iter().find(|severity| severity.as_str() == word);
        found.ok_or_else(|| UnknownSeverity(word.to_owned()))
    }
}

/// An alert or data, as they arrive and as they are written.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the alert or of the data's format.
    pub name: String,
    /// When it held; absent: now.
    pub at: Option<Timestamp>,
    /// How much it matters; data do not say that.
    pub severity: Option<Severity>,
    /// What it says to people; data have none.
    pub description: Option<String>,
    /// The fields as JSON, in the message's order; each name comes once.
    pub fields: Vec<(String, Box<RawValue>)>,
    /// Where it stands in the device's history, and whether it comes late.
    pub mark: Mark,
}

impl Report {
    /// Whether it is an alert or data.
    pub fn kind(&self) -> FormatKind {
        if self.severity.is_some() { FormatKind::Alert } else { FormatKind::Data }
    }
}

const ALERT: &str = "alert";
const FORMAT: &str = "format";

/// Appends `{"at":..,"value":{..},"session":..,"seq":..,"historical":true,"dropped":..,"unsynced":true,
/// "alert":..,"severity":..,"description":..}`, or `"format":..` for data. The value is a JSON object already.
pub fn write_report(
    out: &mut Vec<u8>,
    (name, severity, description): (&str, Option<Severity>, Option<&str>),
    at: Timestamp,
    value: &[u8],
    mark: impl Into<Mark>,
) {
    write_opening(out, at, value);
    write_ending(out, mark.into());
    write_member(out, if severity.is_some() { ALERT } else { FORMAT }, name);
    if let Some(severity) = severity {
        write_member(out, "severity", severity.as_str());
    }
    if let Some(description) = description {
        write_member(out, "description", description);
    }
    out.push(b'}');
}

fn write_member(out: &mut Vec<u8>, name: &str, text: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    serde_json::to_writer(out, text).expect("writing to memory does not fail");
}

/// Reads an alert or data: a JSON object with `alert` or `format` (which of the two, the topic says), `value`, and what
/// a state has besides. Unknown members are passed over; a member or a field that comes twice is an error.
///
/// # Errors
/// When it is not that, too large, has too many fields, or one of its names is none.
pub fn read_report(kind: FormatKind, payload: &[u8]) -> Result<Report, PayloadError> {
    check_size(payload)?;
    let wire: Wire<'_> = serde_json::from_slice(payload).map_err(malformed)?;
    let (name, member) = match kind {
        FormatKind::Alert => (wire.alert, ALERT),
        FormatKind::Data => (wire.format, FORMAT),
    };
    let name = name.ok_or(PayloadError::Missing(member))?.into_owned();
    let Some(Fields(fields)) = wire.value else { return Err(PayloadError::Missing(VALUE)) };
    if fields.len() > MAX_FIELDS {
        return Err(PayloadError::Fields(fields.len()));
    }
    std::iter::once(&name)
        .chain(fields.iter().map(|(name, _)| name))
        .try_for_each(|name| check_name(name))?;
    let (severity, description) = match kind {
        FormatKind::Alert => (Some(wire.severity.unwrap_or_default()), wire.description),
        FormatKind::Data => (None, None),
    };
    if let Some(description) = description.as_ref().filter(|text| text.len() > MAX_DESCRIPTION_BYTES) {
        return Err(PayloadError::Description(description.len()));
    }
    let stamp = wire.session.zip(wire.seq).map(|(session, seq)| Stamp { session, seq });
    let Wire { historical, dropped, unsynced, .. } = wire;
    let mark = Mark { stamp, historical, dropped, unsynced };
    Ok(Report {
        name,
        at: wire.at.map(|moment| moment.0),
        severity,
        description: description.map(Cow::into_owned),
        fields,
        mark,
    })
}

fn check_name(text: &str) -> Result<(), PayloadError> {
    name::check(text).map_err(|source| PayloadError::Name { name: name::shown(text), source })
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    alert: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    format: Option<Cow<'a, str>>,
    #[serde(default)]
    severity: Option<Severity>,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
    #[serde(default)]
    at: Option<Moment>,
    value: Option<Fields>,
    #[serde(default)]
    session: Option<u64>,
    #[serde(default)]
    seq: Option<u64>,
    #[serde(default)]
    historical: bool,
    #[serde(default)]
    dropped: u64,
    #[serde(default)]
    unsynced: bool,
}

struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::DeserializeSeed as _;
        let mut fields = Vec::new();
        Entries(&mut fields).deserialize(deserializer).map_err(D::Error::custom)?;
        Ok(Self(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2031-02-03T04:05:06.789Z".parse().unwrap()
    }

    fn names(report: &Report) -> Vec<(&str, &str)> {
        report.fields.iter().map(|(name, raw)| (&**name, raw.get())).collect()
    }

    #[test]
    fn an_alert_is_read_as_it_was_written() {
        let mut out = Vec::new();
        let words = ("over-temperature", Some(Severity::Critical), Some("Too \"hot\""));
        let stamp = Some(Stamp { session: 7, seq: 9 });
        let mark = Mark { stamp, historical: true, dropped: 0, unsynced: true };
        write_report(&mut out, words, at(), br#"{"temperature":91.5,"note":"n"}"#, mark);
        assert_eq!(
            str::from_utf8(&out).unwrap(),
            r#"{"at":"2031-02-03T04:05:06.789000Z","value":{"temperature":91.5,"note":"n"},"session":7,"seq":9,"historical":true,"unsynced":true,"alert":"over-temperature","severity":"critical","description":"Too \"hot\""}"#
        );
        let alert = read_report(FormatKind::Alert, &out).unwrap();
        assert_eq!((alert.kind(), &*alert.name), (FormatKind::Alert, "over-temperature"));
        assert_eq!((alert.severity, alert.description.as_deref()), (words.1, words.2));
        assert_eq!((alert.at, alert.mark), (Some(at()), mark));
        assert_eq!(names(&alert), [("temperature", "91.5"), ("note", "\"n\"")]);
    }

    #[test]
    fn data_are_read_as_they_were_written() {
        let mut out = Vec::new();
        write_report(&mut out, ("sample", None, None), at(), b"{}", Mark::default());
        let text = r#"{"at":"2031-02-03T04:05:06.789000Z","value":{},"format":"sample"}"#;
        assert_eq!(str::from_utf8(&out).unwrap(), text);
        let data = read_report(FormatKind::Data, &out).unwrap();
        assert_eq!((data.kind(), &*data.name, data.mark), (FormatKind::Data, "sample", Mark::default()));
        assert!(data.fields.is_empty());
    }

    #[test]
    fn an_alert_that_says_less_is_significant_and_holds_now() {
        let alert = read_report(FormatKind::Alert, br#"{"alert":"a","value":{},"more":[1]}"#).unwrap();
        assert_eq!((alert.severity, alert.at), (Some(Severity::Significant), None));
        let data = br#"{"format":"a","value":{},"severity":"low","description":"d"}"#;
        let data = read_report(FormatKind::Data, data).unwrap();
        assert_eq!((data.severity, data.description), (None, None));
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!(r#"{{"alert":"a","value":{{}},"description":"{}"}}"#, "d".repeat(1025));
        let fields: Vec<_> = (0..65).map(|n| format!("\"f{n}\":1")).collect();
        let many = format!(r#"{{"alert":"a","value":{{{}}}}}"#, fields.join(","));
        for (payload, reason) in [
            ("", "malformed payload: EOF"),
            ("[]", "malformed payload: invalid"),
            (r#"{"alert":"a"}"#, "the payload has no member `value`"),
            (r#"{"value":{}}"#, "the payload has no member `alert`"),
            (r#"{"format":"a","value":{}}"#, "the payload has no member `alert`"),
            (r#"{"alert":"a","value":[1]}"#, "malformed payload: invalid type: sequence"),
            (r#"{"alert":"a","value":{"b":1,"b":2}}"#, "malformed payload: `b` comes twice"),
            (r#"{"alert":"a","alert":"b","value":{}}"#, "malformed payload: duplicate field `alert`"),
            (r#"{"alert":"a","value":{},"severity":"loud"}"#, "malformed payload: unknown variant `loud`"),
            (r#"{"alert":"a","value":{},"at":"now"}"#, "malformed payload: not a time"),
            (r#"{"alert":"a","value":{},"seq":-1,"session":1}"#, "malformed payload: invalid value"),
            (r#"{"alert":"a b","value":{}}"#, "`a b` is no name: "),
            (r#"{"alert":"a","value":{"b/c":1}}"#, "`b/c` is no name: "),
            (r#"{"alert":"a","value":{"":1}}"#, "`` is no name: the name is empty"),
            (r#"{"alert":"a","value":{}} x"#, "malformed payload: trailing characters"),
            (&long, "the description has 1025 bytes, the limit is 1024"),
            (&many, "there are 65 fields, the limit is 64"),
        ] {
            let found = read_report(FormatKind::Alert, payload.as_bytes()).unwrap_err().to_string();
            assert!(found.starts_with(reason), "{payload}: {found}");
        }
        let large = vec![b' '; super::super::MAX_BYTES + 1];
        let found = read_report(FormatKind::Data, &large).unwrap_err();
        assert_eq!(found, PayloadError::TooLarge(large.len()));
    }

    #[test]
    fn severities_are_ordered_words() {
        assert!(Severity::ALL.is_sorted());
        for severity in Severity::ALL {
            assert_eq!(severity.as_str().parse(), Ok(severity));
            assert_eq!(serde_json::to_string(&severity).unwrap(), format!("\"{severity}\""));
        }
        let error = "loud".parse::<Severity>().unwrap_err();
        assert!(error.to_string().starts_with("`loud` is no severity, expected one of `low`"));
    }
}
