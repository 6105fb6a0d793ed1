//! What a request says of an asset or a device: member names in any case, `null` for absent, members that we
//! do not know let pass.

use edge_proto::model::ModelError;
use edge_proto::{Asset, AssetType, Device, Kind, Profile, name};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::ApiError;

/// The most bytes of a profile's JSON, as the Connector takes.
const MAX_PROFILE: usize = 64 * 1024;

/// What is said of an asset.
#[derive(Debug, Default)]
pub(super) struct AssetPatch {
    name: Option<String>,
    title: Option<String>,
    description: Option<String>,
    kind: Option<Kind>,
    profile: Option<Profile>,
}

impl AssetPatch {
    /// Reads a body.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let members = Members::read(body)?;
        Ok(Self {
            name: members.text("name")?,
            title: members.text("title")?,
            description: members.text("description")?,
            kind: members.word("is", "sensor, actuator, virtual or config")?,
            profile: members.profile()?,
        })
    }

    /// The name, which must be there.
    pub(super) fn name(&self) -> Result<&str, ApiError> {
        let name = self.name.as_deref().ok_or_else(|| bad("`name` is missing".into()))?;
        name::check(name).map_err(|error| bad(error.to_string()))?;
        Ok(name)
    }

    /// The asset as it is to be: what is not said stays as it was, or is as it is for a new one.
    pub(super) fn apply(self, name: &str, before: Option<&Asset>) -> Result<Asset, ModelError> {
        let missing = ModelError::NoProfile { asset: name.to_owned() };
        let profile = self.profile.or_else(|| before.map(|asset| asset.profile.clone())).ok_or(missing)?;
        let title = self.title.or_else(|| before.map(|asset| asset.title.clone()));
        let description = self.description.or_else(|| before.map(|asset| asset.description.clone()));
        Ok(Asset {
            name: name.to_owned(),
            kind: self.kind.or(before.map(|asset| asset.kind)).unwrap_or(Kind::Sensor),
            title: title.unwrap_or_else(|| name.to_owned()),
            description: description.unwrap_or_default(),
            profile,
        })
    }
}

/// What is said of a device.
#[derive(Debug, Default)]
pub(super) struct DevicePatch {
    title: Option<String>,
    description: Option<String>,
    asset_type: Option<AssetType>,
}

impl DevicePatch {
    /// Reads a body. A type that is none of ours, such as `custom`, says nothing.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let members = Members::read(body)?;
        let name = members.text("name")?;
        let asset_type = members.text("type")?.unwrap_or_default().to_ascii_lowercase();
        Ok(Self {
            title: members.text("title")?.or(name),
            description: members.text("description")?,
            asset_type: serde_json::from_value(asset_type.into()).ok(),
        })
    }

    /// Changes what is said.
    pub(super) fn apply(self, device: &mut Device) {
        let Self { title, description, asset_type } = self;
        device.title = title.unwrap_or_else(|| std::mem::take(&mut device.title));
        device.description = description.unwrap_or_else(|| std::mem::take(&mut device.description));
        device.asset_type = asset_type.unwrap_or(device.asset_type);
    }
}

/// The members of an object that are there.
struct Members(Map<String, Value>);

impl Members {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(bad("expected a JSON object".into())),
            Err(error) => Err(bad(format!("malformed JSON: {error}"))),
        }
    }

    fn get(&self, name: &str) -> Result<Option<&Value>, ApiError> {
        let mut found = self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value).filter(|value| !value.is_null());
        if found.next().is_some() { Err(bad(format!("`{name}` comes twice"))) } else { Ok(value) }
    }

    fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        let wrong = || bad(format!("`{name}` must be a text"));
        self.get(name)?.map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong)).transpose()
    }

    /// A word of an enumeration, in any case.
    fn word<T: DeserializeOwned>(&self, name: &str, expected: &str) -> Result<Option<T>, ApiError> {
        let wrong = |_| bad(format!("`{name}` must be {expected}"));
        let word = self.text(name)?.map(|text| Value::String(text.to_ascii_lowercase()));
        word.map(|word| serde_json::from_value(word).map_err(wrong)).transpose()
    }

    fn profile(&self) -> Result<Option<Profile>, ApiError> {
        let Some(schema) = self.get("profile")? else { return Ok(None) };
        let profile = Profile::from_schema(schema).map_err(|error| bad(format!("`profile`: {error}")))?;
        match serde_json::to_vec(&profile) {
            Ok(text) if text.len() <= MAX_PROFILE => Ok(Some(profile)),
            _ => Err(bad(format!("`profile`: more than {MAX_PROFILE} bytes"))),
        }
    }
}

fn bad(reason: String) -> ApiError {
    ApiError::BadRequest(reason)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Result<Value, &str>) {
        let read = AssetPatch::read(body.as_bytes()).and_then(|patch| {
            let name = patch.name()?.to_owned();
            patch.apply(&name, None).map_err(|error| bad(error.to_string()))
        });
        let read = read.map(|asset| serde_json::to_value(asset).unwrap()).map_err(|error| error.to_string());
        assert_eq!(read, expected.map_err(str::to_owned), "{body}");
    }

    #[test]
    fn members_are_read_in_any_case_and_null_is_absent() {
        let python =
            r#"{"Name":"2","Title":"Two","Description":null,"Is":"Actuator","Profile":{"type":"number"}}"#;
        check(
            python,
            Ok(json!({"name": "2", "is": "actuator", "title": "Two", "description": "",
            "profile": {"type": "number"}})),
        );
        check(
            r#"{"name":"a","is":null,"profile":"boolean","style":"primary","more":[{}]}"#,
            Ok(
                json!({"name": "a", "is": "sensor", "title": "a", "description": "", "profile": {"type": "boolean"}}),
            ),
        );
    }

    #[test]
    fn mistakes_are_named() {
        let full = |name: &str| format!(r#"{{"name":{name},"profile":"string"}}"#);
        check("[]", Err("expected a JSON object"));
        check("{", Err("malformed JSON: EOF while parsing an object at line 1 column 1"));
        check(r#"{"profile":"string"}"#, Err("`name` is missing"));
        check(r#"{"name":"a"}"#, Err("asset `a`: the profile is missing"));
        check(r#"{"name":"a","Name":"b"}"#, Err("`name` comes twice"));
        check(
            r#"{"name":"a","profile":{"type":"any"}}"#,
            Err("`profile`: the type `any` is none of boolean, integer, number, string, object, array"),
        );
        check(r#"{"name":"a","is":"senzor"}"#, Err("`is` must be sensor, actuator, virtual or config"));
        check(&full("2"), Err("`name` must be a text"));
        for name in ["a/b", "+", "#", "a\"b", "a\0b", "%2F", ""] {
            let body = full(&json!(name).to_string());
            assert!(AssetPatch::read(body.as_bytes()).unwrap().name().is_err(), "{name}");
        }
    }
}
