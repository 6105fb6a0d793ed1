//! A value's type and limits in JSON-Schema words, and the check of a value against them.
//!
//! The same rules hold on the device (setters, commands) and on the platform (states, commands), so
//! they stand here once.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::number::Number;

/// The JSON type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// `true` or `false`.
    Boolean,
    /// A number without fraction.
    Integer,
    /// Any finite number.
    Number,
    /// Text; also timestamps, durations, bytes and ids, told apart by the format.
    String,
    /// Named members.
    Object,
    /// A list of values of one profile.
    Array,
}

impl ValueType {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Object => "object",
            Self::Array => "array",
        }
    }

    fn of(value: &Value) -> &'static str {
        match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    pub(crate) fn admits(self, value: &Value) -> bool {
        match self {
            Self::Boolean => value.is_boolean(),
            Self::Integer => {
                value.as_number().is_some_and(|n| !n.is_f64() || n.as_f64().is_some_and(|f| f.fract() == 0.0))
            }
            Self::Number => value.is_number(),
            Self::String => value.is_string(),
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The limits of a number, inclusive on both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// The least value.
    pub minimum: Option<Number>,
    /// The greatest value.
    pub maximum: Option<Number>,
    /// The value must be a whole multiple of this.
    pub step: Option<Number>,
}

impl Limits {
    /// Every finite number.
    pub const NONE: Self = Self { minimum: None, maximum: None, step: None };

    /// Checks a number against the limits.
    ///
    /// # Errors
    /// The first limit that it breaks; numbers that are not finite break [`Refusal::NotFinite`].
    #[inline]
    pub fn check(&self, value: Number) -> Result<(), Refusal> {
        if !value.is_finite() {
            return Err(Refusal::NotFinite { value, limits: Box::new(*self) });
        }
        match *self {
            Self { minimum: Some(minimum), .. } if value < minimum => {
                Err(Refusal::BelowMinimum { value, limits: Box::new(*self) })
            }
            Self { maximum: Some(maximum), .. } if value > maximum => {
                Err(Refusal::AboveMaximum { value, limits: Box::new(*self) })
            }
            Self { step: Some(step), .. } if !value.is_multiple_of(step) => {
                Err(Refusal::NotAStep { value, step })
            }
            _ => Ok(()),
        }
    }
}

/// As `-40..85`, with `..` alone for no limits.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(minimum) = self.minimum {
            write!(f, "{minimum}")?;
        }
        f.write_str("..")?;
        if let Some(maximum) = self.maximum {
            write!(f, "{maximum}")?;
        }
        Ok(())
    }
}

/// Why a value does not fit its profile.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The wrong JSON type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What the profile says.
        expected: String,
        /// What came.
        found: String,
    },
    /// Less than the minimum.
    #[error("{value} is below the minimum: the limits are {limits}")]
    BelowMinimum {
        /// The value.
        value: Number,
        /// What is allowed.
        limits: Box<Limits>,
    },
    /// More than the maximum.
    #[error("{value} is above the maximum: the limits are {limits}")]
    AboveMaximum {
        /// The value.
        value: Number,
        /// What is allowed.
        limits: Box<Limits>,
    },
    /// Not a multiple of the step.
    #[error("{value} is not a multiple of {step}")]
    NotAStep {
        /// The value.
        value: Number,
        /// What it should be a multiple of.
        step: Number,
    },
    /// NaN or infinite.
    #[error("{value} is not a finite number{}", known(limits))]
    NotFinite {
        /// The value.
        value: Number,
        /// What is allowed.
        limits: Box<Limits>,
    },
    /// None of the allowed texts.
    #[error("`{value}` is not one of {}", list(allowed))]
    NotInEnum {
        /// The value.
        value: String,
        /// What is allowed.
        allowed: Vec<String>,
    },
    /// A mandatory member of an object is not there.
    #[error("the member `{name}` is missing")]
    MissingMember {
        /// Its name.
        name: String,
    },
    /// A member or an item does not fit.
    #[error("{path}: {refusal}")]
    Within {
        /// The member's name, or the item's index.
        path: String,
        /// Why.
        refusal: Box<Refusal>,
    },
    /// The text is not of the profile's format.
    #[error("not a valid {format}: {reason}")]
    Format {
        /// The format's name, such as `date-time`.
        format: String,
        /// What is wrong with the text.
        reason: String,
    },
    /// More bytes than a message may have.
    #[error("{bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// How many bytes it takes as JSON.
        bytes: usize,
        /// How many a value may take.
        limit: usize,
    },
}

impl Refusal {
    /// This refusal, found inside of `path`.
    pub fn within(self, path: impl fmt::Display) -> Self {
        Self::Within { path: path.to_string(), refusal: Box::new(self) }
    }
}

/// The limits, if there are some.
fn known(limits: &Limits) -> String {
    if *limits == Limits::NONE { String::new() } else { format!(": the limits are {limits}") }
}

fn list(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A value's type and limits. Members that are not set limit nothing and are left out of the JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The JSON type.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Number>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Number>,
    /// Numbers must be a whole multiple of it.
    #[serde(default, rename = "multipleOf", skip_serializing_if = "Option::is_none")]
    pub step: Option<Number>,
    /// The unit, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What a text stands for, such as `date-time` or `uuid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The texts that are allowed; empty: all.
    #[serde(default, rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// The members of an object; empty: any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Profile>,
    /// The items of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Profile>>,
    /// Whether `null` (not set) is allowed as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
}

impl Profile {
    /// Any value of one type.
    pub fn new(value_type: ValueType) -> Self {
        Self {
            value_type,
            minimum: None,
            maximum: None,
            step: None,
            unit: None,
            format: None,
            allowed: Vec::new(),
            properties: BTreeMap::new(),
            items: None,
            nullable: false,
        }
    }

    /// With other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { minimum: limits.minimum, maximum: limits.maximum, step: limits.step, ..self }
    }

    /// The limits of a number.
    pub fn limits(&self) -> Limits {
        Limits { minimum: self.minimum, maximum: self.maximum, step: self.step }
    }

    /// Checks a JSON value.
    ///
    /// # Errors
    /// The first thing that does not fit, with its path. Members that the profile does not name are
    /// let pass, as JSON Schema does.
    pub fn check(&self, value: &Value) -> Result<(), Refusal> {
        if value.is_null() && self.nullable {
            return Ok(());
        }
        if !self.value_type.admits(value) {
            return Err(Refusal::Type {
                expected: self.value_type.to_string(),
                found: ValueType::of(value).into(),
            });
        }
        match value {
            Value::Number(number) => self.limits().check(number.into()),
            Value::String(text) => self.check_text(text),
            Value::Array(items) => match &self.items {
                Some(profile) => items
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, item)| profile.check(item).map_err(|r| r.within(index))),
                None => Ok(()),
            },
            Value::Object(members) => {
                self.properties.iter().try_for_each(|(name, profile)| match members.get(name) {
                    Some(member) => profile.check(member).map_err(|refusal| refusal.within(name)),
                    None if profile.nullable => Ok(()),
                    None => Err(Refusal::MissingMember { name: name.clone() }),
                })
            }
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), Refusal> {
        if self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed == text) {
            return Ok(());
        }
        Err(Refusal::NotInEnum { value: text.into(), allowed: self.allowed.clone() })
    }
}

/// For people: `integer 1..3600 step 5 s`, `object {latitude, longitude}`, `number, optional`.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value_type)?;
        if self.minimum.is_some() || self.maximum.is_some() {
            write!(f, " {}", self.limits())?;
        }
        if let Some(step) = self.step {
            write!(f, " step {step}")?;
        }
        if let Some(unit) = &self.unit {
            write!(f, " {unit}")?;
        }
        if !self.properties.is_empty() {
            let names: Vec<_> = self.properties.keys().map(String::as_str).collect();
            write!(f, " {{{}}}", names.join(", "))?;
        }
        if !self.allowed.is_empty() {
            write!(f, " of {}", self.allowed.join(" | "))?;
        }
        if self.nullable {
            f.write_str(", optional")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn profile(value: Value) -> Profile {
        serde_json::from_value(value).unwrap()
    }

    #[track_caller]
    fn check(profile_json: Value, value: Value, expected: Result<(), &str>) {
        let found = profile(profile_json).check(&value).map_err(|refusal| refusal.to_string());
        assert_eq!(found.as_ref().copied().map_err(String::as_str), expected);
    }

    #[test]
    fn numbers_are_held_to_their_limits() {
        let percent = json!({"type": "integer", "minimum": 0, "maximum": 100, "multipleOf": 5});
        check(percent.clone(), json!(100), Ok(()));
        check(percent.clone(), json!(35.0), Ok(()));
        check(percent.clone(), json!(105), Err("105 is above the maximum: the limits are 0..100"));
        check(percent.clone(), json!(-5), Err("-5 is below the minimum: the limits are 0..100"));
        check(percent.clone(), json!(7), Err("7 is not a multiple of 5"));
        check(percent.clone(), json!(1.5), Err("expected integer, found number"));
        check(percent, json!("1"), Err("expected integer, found string"));
    }

    #[test]
    fn objects_lists_and_texts_are_checked_inside() {
        let geo = json!({"type": "object", "properties": {
            "latitude": {"type": "number", "maximum": 90}, "altitude": {"type": "number", "nullable": true}}});
        check(geo.clone(), json!({"latitude": 50.8, "more": 1}), Ok(()));
        check(geo.clone(), json!({"altitude": 3}), Err("the member `latitude` is missing"));
        check(geo, json!({"latitude": 91}), Err("latitude: 91 is above the maximum: the limits are ..90"));
        let list = json!({"type": "array", "items": {"type": "string", "enum": ["on", "off"]}});
        check(list.clone(), json!(["on"]), Ok(()));
        check(list, json!(["on", "of"]), Err("1: `of` is not one of `on`, `off`"));
        check(json!({"type": "boolean"}), json!(null), Err("expected boolean, found null"));
        check(json!({"type": "boolean", "nullable": true}), json!(null), Ok(()));
    }

    #[test]
    fn the_json_names_only_what_is_set() {
        let text = r#"{"type":"number","minimum":-40,"maximum":85,"unit":"°C"}"#;
        let read: Profile = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert_eq!(read.to_string(), "number -40..85 °C");
        let text = r#"{"type":"integer","multipleOf":5,"enum":[],"nullable":true}"#;
        assert_eq!(serde_json::from_str::<Profile>(text).unwrap().to_string(), "integer step 5, optional");
    }
}
