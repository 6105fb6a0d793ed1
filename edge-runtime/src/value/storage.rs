//! Objects in JSON: their descriptions and addresses, never their contents.

use std::collections::BTreeMap;

use edge_proto::object::{self, DEFAULT_TYPE, Place, Sha256};
use edge_proto::{Limits, Profile, Refusal, ValueType};
use jiff::Timestamp;
use serde_json::Value;

use super::AssetValue;
use super::composite::{MemberWriter, Members, struct_profile};
use crate::storage::{About, ExternalObject, StorageObject, Stored};

const URI: &str = "uri";
const NAME: &str = "name";
const CONTENT_TYPE: &str = "contentType";
const ENCODING: &str = "encoding";
const LENGTH: &str = "length";
const DATE: &str = "date";
const SHA256: &str = "sha256";
const METADATA: &str = "metadata";

/// The formats of texts, as refusals call them.
const OBJECT: &str = "storage object";
const ADDRESS: &str = "object address";
const DIGEST: &str = "sha256";

impl AssetValue for StorageObject {
    /// Only the address must be there.
    fn profile() -> Profile {
        let text = Option::<String>::profile;
        struct_profile([
            (URI, String::profile()),
            (NAME, text()),
            (CONTENT_TYPE, text()),
            (ENCODING, text()),
            (LENGTH, Option::<u64>::profile()),
            (DATE, Option::<Timestamp>::profile()),
            (SHA256, text()),
            (METADATA, Profile { nullable: true, ..Profile::new(ValueType::Object) }),
        ])
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let about = self.about();
        let mut members = MemberWriter::new(out);
        if let Some(Stored { place, length, date, sha256, .. }) = self.stored() {
            members.member(URI, &place.to_string());
            members.member(NAME, &about.name);
            members.member(CONTENT_TYPE, &about.content_type);
            members.optional(ENCODING, about.encoding.as_ref());
            members.optional(LENGTH, length.as_ref());
            members.optional(DATE, date.as_ref());
            members.optional(SHA256, sha256.map(|digest| digest.to_string()).as_ref());
        }
        if !about.metadata.is_empty() {
            members.member(METADATA, &Texts(about.metadata.clone()));
        }
        members.end();
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        let mut members = Members::open(json)?;
        let uri: String = members.take(URI)?;
        let place: Place = uri.parse().map_err(|error| not_a(ADDRESS, &error).within(URI))?;
        let digest = members.take::<Option<String>>(SHA256)?;
        let digest = digest.map(|text| text.parse::<Sha256>());
        let sha256 = digest.transpose().map_err(|error| not_a(DIGEST, &error).within(SHA256))?;
        let name: Option<String> = members.take(NAME)?;
        let name = name.unwrap_or_else(|| place.name.clone());
        object::check_name(&name).map_err(|error| not_a(OBJECT, &error).within(NAME))?;
        let content_type: Option<String> = members.take(CONTENT_TYPE)?;
        let about = About {
            name,
            content_type: content_type.unwrap_or_else(|| DEFAULT_TYPE.to_owned()),
            encoding: members.take(ENCODING)?,
            metadata: members.take::<Option<Texts>>(METADATA)?.unwrap_or_default().0,
        };
        let (length, date) = (members.take(LENGTH)?, members.take(DATE)?);
        let stored = Stored { place, length, date, sha256, described: None };
        Ok(Self::received(about, stored))
    }

    /// What has not been stored cannot be found by anybody.
    fn check(&self, _: &Limits) -> Result<(), Refusal> {
        if self.stored().is_some() {
            return Ok(());
        }
        let reason = format!("`{}` is not stored yet: its `sync` comes first", self.name().escape_debug());
        Err(not_a(OBJECT, &reason))
    }

    fn objects(&self, found: &mut Vec<StorageObject>) {
        found.push(self.clone());
    }
}

fn not_a(format: &str, reason: &dyn std::fmt::Display) -> Refusal {
    Refusal::Format { format: format.to_owned(), reason: reason.to_string() }
}

/// Any keys with texts.
#[derive(Clone, Debug, Default, PartialEq)]
struct Texts(BTreeMap<String, String>);

impl AssetValue for Texts {
    fn profile() -> Profile {
        Profile::new(ValueType::Object)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let json = serde_json::to_vec(&self.0).expect("maps with text keys are always JSON");
        out.extend_from_slice(&json);
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        let texts = serde_json::from_value(json).map(Self);
        let texts = texts.map_err(|_| Refusal::Type {
            expected: "an object of texts".to_owned(),
            found: "something else".to_owned(),
        })?;
        object::check_metadata(&texts.0).map_err(|error| not_a(METADATA, &error))?;
        Ok(texts)
    }
}

impl AssetValue for ExternalObject {
    fn profile() -> Profile {
        Profile { format: Some(URI.to_owned()), ..Profile::new(ValueType::String) }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.uri().to_owned().encode(out);
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        Self::new(String::decode(json)?).map_err(|error| not_a(URI, &error))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn encoded(value: &impl AssetValue) -> Value {
        let mut out = Vec::new();
        value.encode(&mut out);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn what_the_platform_says_of_an_object_survives() {
        let json = json!({
            "uri": "/device/CAM-1/object/shot.jpg",
            "name": "shot.jpg",
            "contentType": "image/jpeg",
            "encoding": "gzip",
            "length": 7,
            "date": "2031-02-03T04:05:06Z",
            "sha256": Sha256::of(b"picture").to_string(),
            "metadata": {"lens": "wide, \"24\" mm"},
        });
        StorageObject::profile().check(&json).unwrap();
        let object = StorageObject::decode(json.clone()).unwrap();
        assert_eq!((object.length(), object.content_type()), (Some(7), "image/jpeg"));
        object.check(&Limits::NONE).unwrap();
        assert_eq!(encoded(&object), json);
    }

    #[test]
    fn an_address_is_enough() {
        let json = json!({"uri": "/device/CAM-1/object/fw.bin"});
        StorageObject::profile().check(&json).unwrap();
        let object = StorageObject::decode(json).unwrap();
        assert_eq!((object.name(), object.length(), object.sha256()), ("fw.bin", None, None));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for (json, reason) in [
            (json!({}), "the member `uri` is missing"),
            (json!({"uri": "/device/CAM-1/object/../../etc/passwd"}), "uri: not a valid object address: "),
            (json!({"uri": "https://example.org/x"}), "uri: not a valid object address: "),
            (json!({"uri": "/device/C/object/a", "sha256": "beef"}), "sha256: not a valid sha256: "),
            (json!({"uri": "/device/C/object/a", "name": "../b"}), "name: not a valid storage object: "),
            (json!({"uri": "/device/C/object/a", "length": -1}), "length: -1 is below the minimum"),
            (
                json!({"uri": "/device/C/object/a", "metadata": {"k": 1}}),
                "metadata: expected an object of texts",
            ),
            (json!("shot.jpg"), "expected object, found string"),
        ] {
            let error = StorageObject::decode(json).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{error}");
        }
    }

    #[test]
    fn what_is_not_stored_is_no_value() {
        let error = StorageObject::file("/tmp/shot.jpg").check(&Limits::NONE).unwrap_err();
        assert_eq!(
            error.to_string(),
            "not a valid storage object: `shot.jpg` is not stored yet: its `sync` comes first"
        );
    }

    #[test]
    fn a_uri_is_a_text_of_a_format() {
        let map = ExternalObject::new("https://example.org/a?b=c#d").unwrap();
        assert_eq!(encoded(&map), json!("https://example.org/a?b=c#d"));
        assert_eq!(ExternalObject::decode(encoded(&map)).unwrap(), map);
        for text in ["", "map.pdf", "/a/b", "https://exa mple.org", "https://", "x:\n"] {
            assert!(ExternalObject::decode(json!(text)).is_err(), "{text}");
        }
    }
}
