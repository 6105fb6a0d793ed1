//! Values of devices without a struct that no Rust type stands for: enums, objects, arrays, texts of foreign formats. What they can be
//! says the profile of their asset.

use std::any::Any;

use edge_proto::{Profile, Refusal, ValueType};
use serde_json::Value;

use super::AssetValue;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Json(pub(crate) Value);

impl AssetValue for Json {
    /// As good as any: the asset has one of its own.
    fn profile() -> Profile {
        Profile { nullable: true, ..Profile::new(ValueType::Object) }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(out, &self.0).expect("writing JSON to memory does not fail");
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        Ok(Self(json))
    }
}

/// Checks a value against a profile, if its type does not.
pub(crate) fn check(profile: &Profile, value: &dyn Any) -> Result<(), Refusal> {
    value.downcast_ref::<Json>().map_or(Ok(()), |Json(value)| profile.check(value))
}
