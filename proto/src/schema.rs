//! Profiles as other systems write them: any JSON Schema, as far as a [`Profile`] can say the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::number::Number;
use crate::profile::{Limits, Profile, ValueType};

/// Why a schema is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Neither an object nor the word of a type.
    #[error("expected an object with a `type`")]
    Shape,
    /// It says nothing of the type.
    #[error("`type` is missing")]
    NoType,
    /// A type that values of assets cannot have.
    #[error("the type `{0}` is none of boolean, integer, number, string, object, array")]
    Type(String),
    /// A keyword with which values would be allowed or refused that a profile cannot tell apart.
    #[error("`{0}` cannot be kept")]
    Keyword(&'static str),
    /// A keyword's value is not what it must be.
    #[error("`{keyword}` must be {expected}")]
    Value {
        /// The keyword.
        keyword: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Something is wrong further inside.
    #[error("{path}: {error}")]
    Within {
        /// The member, or `items`.
        path: String,
        /// What.
        error: Box<SchemaError>,
    },
}

/// What changes which values are allowed, and has no place in a profile.
const REFUSED: [&str; 12] = [
    "$ref",
    "allOf",
    "anyOf",
    "const",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "if",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
];

const TYPE: &str = "type";
const MINIMUM: &str = "minimum";
const MAXIMUM: &str = "maximum";
const MULTIPLE_OF: &str = "multipleOf";
const UNIT: &str = "unit";
const FORMAT: &str = "format";
const ENUM: &str = "enum";
const PROPERTIES: &str = "properties";
const REQUIRED: &str = "required";
const ITEMS: &str = "items";
const NULLABLE: &str = "nullable";

/// The word in a list of types that allows `null`.
const NULL: &str = "null";

/// A type of some SDKs: an object with these members.
const PLACES: [&str; 3] = ["geo", "geolocation", "location"];
const PLACE: [&str; 2] = ["latitude", "longitude"];

impl Profile {
    /// Reads a JSON Schema, or the bare word of a type. Keywords may be in any case, and `null` for absent;
    /// those that only describe (`title`, `threshold`, ..) are dropped.
    ///
    /// # Errors
    /// The first thing that a profile cannot say.
    pub fn from_schema(schema: &Value) -> Result<Self, SchemaError> {
        match schema {
            Value::String(word) => of_word(word),
            Value::Object(members) => Keywords::new(members).profile(),
            _ => Err(SchemaError::Shape),
        }
    }
}

/// The keywords that are there, in lower case.
struct Keywords<'a>(BTreeMap<String, &'a Value>);

impl<'a> Keywords<'a> {
    fn new(members: &'a Map<String, Value>) -> Self {
        let present = members.iter().filter(|(_, value)| !value.is_null());
        Self(present.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
    }

    fn get(&self, keyword: &'static str) -> Option<&'a Value> {
        self.0.get(&keyword.to_ascii_lowercase()).copied()
    }

    /// A keyword's value in Rust; `None`: absent.
    fn read<T>(
        &self,
        keyword: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, SchemaError> {
        let wrong = SchemaError::Value { keyword, expected };
        self.get(keyword).map(|value| read(value).ok_or(wrong)).transpose()
    }

    fn number(&self, keyword: &'static str) -> Result<Option<Number>, SchemaError> {
        self.read(keyword, "a number", |value| value.as_number().map(Number::from))
    }

    fn text(&self, keyword: &'static str) -> Result<Option<&'a str>, SchemaError> {
        self.read(keyword, "a text", Value::as_str)
    }

    fn profile(&self) -> Result<Profile, SchemaError> {
        // Draft 4 has booleans there, of which `false` says nothing.
        let says_something =
            |keyword: &'static str| self.get(keyword).is_some_and(|value| *value != Value::Bool(false));
        if let Some(keyword) = REFUSED.into_iter().find(|&keyword| says_something(keyword)) {
            return Err(SchemaError::Keyword(keyword));
        }
        let base = self.value_type()?;
        let limits = Limits {
            minimum: self.number(MINIMUM)?,
            maximum: self.number(MAXIMUM)?,
            step: self.number(MULTIPLE_OF)?,
        };
        if limits.step.is_some_and(|step| step <= Number::Integer(0)) {
            return Err(SchemaError::Value { keyword: MULTIPLE_OF, expected: "greater than 0" });
        }
        let nullable = self.read(NULLABLE, "true or false", Value::as_bool)?.unwrap_or_default();
        let (allowed, has_null) = self.allowed(base.value_type)?;
        let properties = self.properties()?;
        let profile = Profile {
            // Some SDKs set it off with a blank.
            unit: self.text(UNIT)?.map(|unit| unit.trim().to_owned()).filter(|unit| !unit.is_empty()),
            format: self.text(FORMAT)?.map(str::to_owned),
            allowed,
            properties: if properties.is_empty() { base.properties } else { properties },
            items: self.items()?,
            nullable: base.nullable || nullable || has_null,
            ..Profile::new(base.value_type)
        };
        Ok(profile.with_limits(limits))
    }

    /// The type with what its word says besides; without `type` it is what the other keywords are for.
    fn value_type(&self) -> Result<Profile, SchemaError> {
        match self.get(TYPE) {
            Some(Value::String(word)) => of_word(word),
            Some(Value::Array(words)) => of_words(words),
            Some(_) => Err(SchemaError::Value { keyword: TYPE, expected: "a text" }),
            None => {
                let implied =
                    [(PROPERTIES, ValueType::Object), (ITEMS, ValueType::Array), (ENUM, ValueType::String)];
                let found = implied.into_iter().find(|(keyword, _)| self.get(keyword).is_some());
                found.map(|(_, value_type)| Profile::new(value_type)).ok_or(SchemaError::NoType)
            }
        }
    }

    /// The texts of `enum`, and whether `null` is among them.
    fn allowed(&self, value_type: ValueType) -> Result<(Vec<String>, bool), SchemaError> {
        let wrong = SchemaError::Value { keyword: ENUM, expected: "an array of texts, for texts" };
        let Some(values) = self.read(ENUM, "an array of texts, for texts", Value::as_array)? else {
            return Ok((Vec::new(), false));
        };
        if value_type != ValueType::String && !values.is_empty() {
            return Err(wrong);
        }
        let texts = values.iter().filter(|value| !value.is_null());
        let texts = texts.map(|value| value.as_str().map(str::to_owned).ok_or_else(|| wrong.clone()));
        Ok((texts.collect::<Result<_, _>>()?, values.iter().any(Value::is_null)))
    }

    /// The members; where `required` names some, the others may be absent.
    fn properties(&self) -> Result<BTreeMap<String, Profile>, SchemaError> {
        let members = self.read(PROPERTIES, "an object", Value::as_object)?;
        let required = match self.get(REQUIRED) {
            Some(Value::Array(names)) => Some(names),
            // Draft 3 says it at the member itself.
            Some(Value::Bool(_)) | None => None,
            Some(_) => {
                return Err(SchemaError::Value { keyword: REQUIRED, expected: "an array of texts" });
            }
        };
        let is_optional = |name: &str| required.is_some_and(|names| !names.iter().any(|found| found == name));
        let read = |(name, schema): (&String, &Value)| {
            let mut profile = Profile::from_schema(schema).map_err(|error| error.within(name))?;
            profile.nullable |= is_optional(name);
            Ok((name.clone(), profile))
        };
        members.into_iter().flatten().map(read).collect()
    }

    fn items(&self) -> Result<Option<Box<Profile>>, SchemaError> {
        let read = |schema: &Value| match schema {
            Value::Array(_) => {
                Err(SchemaError::Value { keyword: ITEMS, expected: "one profile for all items" })
            }
            // Anything.
            Value::Object(members) if members.is_empty() => Ok(None),
            Value::Bool(true) => Ok(None),
            schema => Profile::from_schema(schema).map(|profile| Some(Box::new(profile))),
        };
        let items = self.get(ITEMS).map(read).transpose().map_err(|error| error.within(ITEMS))?;
        Ok(items.flatten())
    }
}

impl SchemaError {
    fn within(self, path: &str) -> Self {
        Self::Within { path: path.escape_debug().to_string(), error: Box::new(self) }
    }
}

fn of_word(word: &str) -> Result<Profile, SchemaError> {
    let lower = word.to_ascii_lowercase();
    if PLACES.contains(&lower.as_str()) {
        let degrees = || Profile::new(ValueType::Number);
        let properties = PLACE.into_iter().map(|name| (name.to_owned(), degrees())).collect();
        return Ok(Profile { properties, ..Profile::new(ValueType::Object) });
    }
    let value_type = serde_json::from_value(Value::String(lower));
    value_type.map(Profile::new).map_err(|_| SchemaError::Type(word.escape_debug().take(MAX_SHOWN).collect()))
}

/// How much of a wrong word is repeated.
const MAX_SHOWN: usize = 64;

/// One type, and `null` where it is among them.
fn of_words(words: &[Value]) -> Result<Profile, SchemaError> {
    let is_null = |word: &&Value| word.as_str() == Some(NULL);
    let types: Vec<_> = words.iter().filter(|word| !is_null(word)).collect();
    match types.as_slice() {
        [Value::String(word)] => {
            let profile = of_word(word)?;
            Ok(Profile { nullable: words.iter().any(|word| is_null(&word)), ..profile })
        }
        _ => Err(SchemaError::Value { keyword: TYPE, expected: "one type, or one and `null`" }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(schema: Value, expected: Result<Value, &str>) {
        let found = Profile::from_schema(&schema).map_err(|error| error.to_string());
        let found = found.map(|profile| serde_json::to_value(profile).unwrap());
        assert_eq!(found, expected.map_err(str::to_owned), "{schema}");
    }

    #[test]
    fn what_the_sdks_send_is_kept() {
        let number = json!({"type": "number", "unit": "°C", "minimum": -40, "maximum": 125});
        check(number.clone(), Ok(number));
        check(
            json!({"type": "integer", "unit": " lux", "minimum": null}),
            Ok(json!({"type": "integer", "unit": "lux"})),
        );
        let threshold =
            json!({"Type": "Boolean", "threshold": [{"title": "hot", "value": 30}], "title": "x"});
        check(threshold, Ok(json!({"type": "boolean"})));
        let geo = json!({"type": "object", "properties": {"latitude": {"type": "number"}, "longitude": {"type": "number"}}});
        check(geo.clone(), Ok(geo.clone()));
        check(json!({"type": "location"}), Ok(geo));
        check(json!("string"), Ok(json!({"type": "string"})));
        check(json!({"type": "string", "enum": []}), Ok(json!({"type": "string"})));
    }

    #[test]
    fn json_schemas_are_kept_as_far_as_they_say_the_same() {
        let schema = json!({"$schema": "http://json-schema.org/draft-07/schema#", "required": ["on"], "properties": {
            "on": {"type": "boolean"}, "rgb": {"type": "array", "items": {"type": "integer", "maximum": 255}}}});
        let profile = json!({"type": "object", "properties": {"on": {"type": "boolean"},
            "rgb": {"type": "array", "items": {"type": "integer", "maximum": 255}, "nullable": true}}});
        check(schema, Ok(profile));
        check(json!({"type": ["number", "null"]}), Ok(json!({"type": "number", "nullable": true})));
        let optional = json!({"type": "string", "enum": ["a"], "nullable": true});
        check(json!({"enum": ["a", null]}), Ok(optional));
        check(json!({"type": "array", "items": {}}), Ok(json!({"type": "array"})));
        check(json!({"type": "number", "exclusiveMinimum": false}), Ok(json!({"type": "number"})));
    }

    #[test]
    fn a_profile_is_a_schema_of_itself() {
        for text in [
            r#"{"type":"integer","minimum":-1,"maximum":18446744073709551615,"multipleOf":5,"unit":"s"}"#,
            r#"{"type":"string","format":"date-time","enum":["a","b"],"nullable":true}"#,
            r#"{"type":"object","properties":{"type":{"type":"array","items":{"type":"boolean"}}}}"#,
        ] {
            let profile: Profile = serde_json::from_str(text).unwrap();
            assert_eq!(Profile::from_schema(&serde_json::from_str(text).unwrap()), Ok(profile), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        check(json!(null), Err("expected an object with a `type`"));
        check(json!({}), Err("`type` is missing"));
        check(
            json!({"type": "null"}),
            Err("the type `null` is none of boolean, integer, number, string, object, array"),
        );
        check(json!({"type": ["number", "string"]}), Err("`type` must be one type, or one and `null`"));
        check(json!({"type": "number", "minimum": "0"}), Err("`minimum` must be a number"));
        check(json!({"type": "number", "multipleOf": 0}), Err("`multipleOf` must be greater than 0"));
        check(json!({"type": "number", "exclusiveMinimum": 0}), Err("`exclusiveMinimum` cannot be kept"));
        check(json!({"type": "integer", "enum": [1]}), Err("`enum` must be an array of texts, for texts"));
        check(
            json!({"type": "array", "items": [{}]}),
            Err("items: `items` must be one profile for all items"),
        );
        let inside = json!({"properties": {"a": {"properties": {"b\n": {"oneOf": []}}}}});
        check(inside, Err("a: b\\n: `oneOf` cannot be kept"));
    }
}
