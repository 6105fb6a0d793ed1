//! The JSON of AllThingsTalk's HTTP API, as far as a client reads and writes it.

use edge_proto::{Kind, Limits, Profile, Refusal, ValueType};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::value::AssetValue;

/// An asset as AllThingsTalk has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Asset {
    /// AllThingsTalk's own id of it.
    #[serde(default)]
    pub id: String,
    /// Unique in its device.
    pub name: String,
    /// For people.
    #[serde(default, deserialize_with = "or_empty")]
    pub title: String,
    /// For people.
    #[serde(default, deserialize_with = "or_empty")]
    pub description: String,
    /// Who sets it.
    #[serde(rename = "is")]
    pub kind: Kind,
    /// Type and limits, a JSON schema: see [`profile`](Self::profile).
    #[serde(default, rename = "profile")]
    pub schema: Value,
    /// The newest state, if it was ever set.
    #[serde(default)]
    pub state: Option<AssetState>,
}

fn or_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Asset {
    /// Type and limits, as far as a [`Profile`] can say them; `None`: another schema.
    pub fn profile(&self) -> Option<Profile> {
        Profile::from_schema(&self.schema).ok()
    }
}

/// As it can be compared with what is declared. A schema that is no profile differs from every profile.
impl From<Asset> for edge_proto::Asset {
    fn from(asset: Asset) -> Self {
        let profile = asset.profile().unwrap_or_else(|| {
            let format = Some(asset.schema.to_string());
            Profile { format, ..Profile::new(ValueType::Object) }
        });
        let Asset { name, title, description, kind, .. } = asset;
        Self { name, kind, title, description, profile }
    }
}

/// What is sent to create or overwrite an asset.
#[derive(Debug, Serialize)]
pub(super) struct Declared<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
    is: Kind,
    profile: &'a Profile,
}

impl<'a> From<&'a edge_proto::Asset> for Declared<'a> {
    fn from(asset: &'a edge_proto::Asset) -> Self {
        let edge_proto::Asset { name, kind, title, description, profile } = asset;
        Self { name, title, description, is: *kind, profile }
    }
}

/// A value and when it held.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetState {
    /// When it held. What is sent without time holds from when it arrives.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// The value as JSON.
    pub value: Box<RawValue>,
}

impl AssetState {
    /// A value that holds now.
    ///
    /// # Errors
    /// When it is not finite.
    pub fn now<T: AssetValue>(value: &T) -> Result<Self, Refusal> {
        Self::at(value, Timestamp::now())
    }

    /// A value that held, or will hold, at this time.
    ///
    /// # Errors
    /// When it is not finite.
    pub fn at<T: AssetValue>(value: &T, at: Timestamp) -> Result<Self, Refusal> {
        value.check(&Limits::NONE)?;
        let mut json = Vec::new();
        value.encode(&mut json);
        let text = String::from_utf8_lossy(&json).into_owned();
        Ok(Self { at, value: RawValue::from_string(text).expect("values are encoded as JSON") })
    }

    /// Any JSON value.
    ///
    /// # Errors
    /// When the text is no JSON.
    pub fn from_json(json: impl Into<String>, at: Timestamp) -> Result<Self, serde_json::Error> {
        Ok(Self { at, value: RawValue::from_string(json.into())? })
    }

    /// The value as a value of an asset.
    ///
    /// # Errors
    /// When it is another type's.
    pub fn read<T: AssetValue>(&self) -> Result<T, Refusal> {
        // A raw value is JSON.
        T::decode(serde_json::from_str(self.value.get()).unwrap_or_default())
    }
}

/// The reply to a request for a state.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub(super) state: AssetState,
}

/// A part of an asset's history.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HistoryPage {
    /// The states, in the platform's order.
    pub states: Vec<AssetState>,
}

/// In the history, values have another name.
#[derive(Debug, Deserialize)]
pub(super) struct History {
    data: Vec<Point>,
}

#[derive(Debug, Deserialize)]
struct Point {
    #[serde(with = "moment")]
    at: Timestamp,
    data: Box<RawValue>,
}

impl From<History> for HistoryPage {
    fn from(history: History) -> Self {
        let states = history.data.into_iter().map(|Point { at, data }| AssetState { at, value: data });
        Self { states: states.collect() }
    }
}

mod moment {
    //! Times of the cloud: RFC 3339, or without an offset, which then is UTC.

    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        edge_proto::payload::read_time(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the cloud has answered.
    const CAPTURED: &str = r#"{"deviceId":"d","thing":null,"id":"rMHJDGjI4NGMa1cPAducjlc4","name":"firmware",
        "title":"Firmware Version","is":"sensor","description":null,"createdOn":"2020-12-05T19:53:06.587Z",
        "updatedOn":"2020-12-26T09:31:21.812Z","createdBy":null,"updatedBy":"u","profile":{"type":"string"},
        "control":{"name":""},"state":{"at":"2020-12-23T14:00:39.45Z","value":"1.3.0"},"style":"undefined"}"#;

    #[test]
    fn an_asset_of_the_cloud_is_read() {
        let asset: Asset = serde_json::from_str(CAPTURED).unwrap();
        assert_eq!((asset.name.as_str(), asset.description.as_str()), ("firmware", ""));
        let state = asset.state.clone().unwrap();
        assert_eq!(state.read::<String>().unwrap(), "1.3.0");
        assert_eq!(state.at, "2020-12-23T14:00:39.450Z".parse().unwrap());
        assert!(state.read::<bool>().is_err());
        assert_eq!(edge_proto::Asset::from(asset).profile, Profile::new(ValueType::String));
    }

    #[test]
    fn schemas_are_read_as_far_as_they_can_be_compared() {
        let profile = |schema: &str| {
            let text = format!(r#"{{"name":"a","is":"sensor","profile":{schema}}}"#);
            edge_proto::Asset::from(serde_json::from_str::<Asset>(&text).unwrap()).profile
        };
        let number = profile(r#"{"type":"number","minimum":null,"unit":"V","threshold":[{"title":"t"}]}"#);
        assert_eq!(number, Profile { unit: Some("V".into()), ..Profile::new(ValueType::Number) });
        for other in [r#"{"pattern":"1","type":"number"}"#, r#"{"type":"spline"}"#, "{}", "null", "7"] {
            let found = profile(other);
            assert_eq!((found.value_type, found.format.as_deref()), (ValueType::Object, Some(other)));
        }
    }

    #[test]
    fn a_state_is_written_as_the_cloud_reads_it() {
        let at = "2031-02-03T04:05:06.789Z".parse().unwrap();
        let text = serde_json::to_string(&AssetState::at(&-7.25, at).unwrap()).unwrap();
        assert_eq!(text, r#"{"at":"2031-02-03T04:05:06.789Z","value":-7.25}"#);
        assert!(AssetState::from_json("{", at).is_err() && AssetState::at(&f64::NAN, at).is_err());
    }
}
