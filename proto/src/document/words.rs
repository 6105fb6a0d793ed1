//! Types and ranges, as the schema writes them.

use super::DocumentError;
use crate::number::Number;
use crate::profile::{Limits, Profile, ValueType};

/// For messages.
pub(super) const LIST: &str = "INTEGER, NUMBER, STRING, BOOLEAN, DATETIME, URI, OBJECT, ARRAY";

/// Those that JSON has exactly.
const INTEGERS: std::ops::RangeInclusive<i128> = i64::MIN as i128..=u64::MAX as i128;

const DATE_TIME: &str = "date-time";
const URI: &str = "uri";

/// A word, the type that it stands for, and its format.
const WORDS: [(&str, ValueType, Option<&str>); 8] = [
    ("DATETIME", ValueType::String, Some(DATE_TIME)),
    ("URI", ValueType::String, Some(URI)),
    ("INTEGER", ValueType::Integer, None),
    ("NUMBER", ValueType::Number, None),
    ("STRING", ValueType::String, None),
    ("BOOLEAN", ValueType::Boolean, None),
    ("OBJECT", ValueType::Object, None),
    ("ARRAY", ValueType::Array, None),
];

/// The word for a profile's type: that of its format, if there is one.
pub(super) fn of(profile: &Profile) -> &'static str {
    let fits = |(_, value_type, format): &&(&str, ValueType, Option<&str>)| {
        *value_type == profile.value_type && (format.is_none() || *format == profile.format.as_deref())
    };
    WORDS.iter().find(fits).map_or("STRING", |(word, ..)| word)
}

/// The range of a profile, if it has both ends.
pub(super) fn range(profile: &Profile) -> Option<String> {
    let is_number = matches!(profile.value_type, ValueType::Integer | ValueType::Number);
    let (low, high) = profile.minimum.zip(profile.maximum).filter(|_| is_number)?;
    Some(format!("{low},{high}"))
}

/// The profile of a word and a range.
pub(super) fn profile(name: &str, word: &str, range: Option<&str>) -> Result<Profile, DocumentError> {
    let known = WORDS.iter().find(|(known, ..)| *known == word);
    let Some((_, value_type, format)) = known else {
        let word = word.escape_debug().take(64).collect();
        return Err(DocumentError::Type { of: name.to_owned(), word });
    };
    let profile = Profile { format: format.map(str::to_owned), ..Profile::new(*value_type) };
    let Some(range) = range else { return Ok(profile) };
    let limits = match value_type {
        ValueType::Integer | ValueType::Number => limits(range),
        _ => Err("limits what is no number"),
    };
    let wrong = |reason| DocumentError::Range {
        of: name.to_owned(),
        range: range.escape_debug().take(64).collect(),
        reason,
    };
    Ok(profile.with_limits(limits.map_err(wrong)?))
}

fn limits(range: &str) -> Result<Limits, &'static str> {
    let both = range.split_once(',').and_then(|(low, high)| Some((number(low)?, number(high)?)));
    let (low, high) = both.ok_or("is not `low,high`, two numbers")?;
    if low > high {
        return Err("has its low end above its high end");
    }
    Ok(Limits { minimum: Some(low), maximum: Some(high), step: None })
}

fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    let float = || text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Number::Float);
    let integer = text.parse::<i128>().ok().filter(|value| INTEGERS.contains(value));
    integer.map(Number::Integer).or_else(float)
}
