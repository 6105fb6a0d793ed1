//! What an asset's value may be: [`AssetValue`], its implementations for ordinary types, and the
//! erased form in which the device core handles values of any type.

pub(crate) mod any;
pub(crate) mod codec;
pub(crate) mod composite;
pub(crate) mod default;
mod geo;
pub(crate) mod json;
pub(crate) mod limit;
mod scalar;
mod storage;
mod text;
pub(crate) mod whole;
mod written;

pub use codec::Codec;
pub use geo::GeoLocation;
pub(crate) use whole::Values;

use edge_proto::{Limits, Number, Profile, Refusal};
use serde_json::Value;

use crate::storage::StorageObject;

/// A type that can be the value of an asset.
///
/// Implemented for `bool`, integers up to 64 bits, floats, `String`, `Option<T>` (`None` is *not set*),
/// `Vec<T>`, [`Bytes`](bytes::Bytes) (base64), [`Timestamp`](jiff::Timestamp),
/// [`Duration`](std::time::Duration) (ISO 8601), [`Uuid`](uuid::Uuid), [`GeoLocation`],
/// [`StorageObject`] and [`ExternalObject`](crate::ExternalObject). For unit enums
/// and plain structs of such types use `#[derive(AssetValue)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an asset",
    label = "not an asset value",
    note = "asset values are `bool`, integers of 8 to 64 bits (`u64` for `usize`), floats, `String`, `Option<T>`, `Vec<T>`, `Bytes`, `Timestamp`, `Duration`, `Uuid`, `GeoLocation`, `StorageObject`",
    note = "an enum of yours without data, or a struct with named fields, is one with `#[derive(AssetValue, Clone)]`"
)]
pub trait AssetValue: Clone + Send + Sync + 'static {
    /// Whether `min`, `max` and `step` mean something for the type.
    const NUMERIC: bool = false;

    /// Of structs that contain each other, whose profiles would have no end, rustc says that this cannot be
    /// computed: so it is named after what it says.
    #[doc(hidden)]
    const A_VALUE_CANNOT_CONTAIN_ITSELF: () = ();

    /// What the device core does with values of the type. Here, where rustc says of what is no value that, and not which
    /// trait of ours asks for it.
    #[doc(hidden)]
    const CODEC: Codec = {
        let () = Self::A_VALUE_CANNOT_CONTAIN_ITSELF;
        Codec::of::<Self>()
    };

    /// The JSON type, with limits that the type itself has.
    fn profile() -> Profile;

    /// Appends the value as JSON. Only called with values that passed [`check`](Self::check).
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads a value from JSON. No coercion: `"1"` is no number, `1.5` no integer.
    ///
    /// # Errors
    /// Why the JSON is no such value.
    fn decode(json: Value) -> Result<Self, Refusal>;

    /// Checks the value itself (finite numbers) and against limits.
    ///
    /// # Errors
    /// The first thing that does not fit.
    fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        let _ = limits;
        Ok(())
    }

    /// The number that it is, if its JSON is exactly that one. `None`: whoever compares numbers reads its JSON.
    fn number(&self) -> Option<Number> {
        None
    }

    /// The objects in it, whose contents a setter brings to the platform before the value is accepted.
    fn objects(&self, found: &mut Vec<StorageObject>) {
        let _ = found;
    }
}

/// The refusal of a value of the wrong JSON type.
fn wrong_type(profile: &Profile, found: &Value) -> Refusal {
    match profile.check(found) {
        Err(refusal) => refusal,
        // The JSON type is right, so the text or number is not one that this Rust type can hold.
        Ok(()) => Refusal::Type { expected: profile.value_type.to_string(), found: found.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::time::Duration;

    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn round_trip<T: AssetValue + PartialEq + Debug>(value: T, expected: Value) {
        let mut out = Vec::new();
        value.encode(&mut out);
        let json: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json, expected);
        if let Some(number) = value.number() {
            assert_eq!(Some(number), expected.as_number().map(Number::from));
        }
        T::profile().check(&json).unwrap();
        assert_eq!(T::decode(json).unwrap(), value);
    }

    #[track_caller]
    fn refused<T: AssetValue + Debug>(json: Value, reason: &str) {
        assert_eq!(T::decode(json).unwrap_err().to_string(), reason);
    }

    #[test]
    fn values_survive_the_wire() {
        round_trip(true, json!(true));
        round_trip(-7i8, json!(-7));
        round_trip(u64::MAX, json!(u64::MAX));
        round_trip(i64::MIN, json!(i64::MIN));
        round_trip(21.5f64, json!(21.5));
        round_trip(0.1f32, json!(0.1));
        round_trip("a \"quoted\" text\n".to_owned(), json!("a \"quoted\" text\n"));
        round_trip(None::<u8>, json!(null));
        round_trip(Some(5u8), json!(5));
        round_trip(vec![1u8, 2], json!([1, 2]));
        round_trip(Bytes::from_static(b"\0\xff"), json!("AP8="));
        round_trip(Duration::from_millis(1500), json!("PT1.5S"));
        round_trip(
            "2031-02-03T04:05:06.789Z".parse::<jiff::Timestamp>().unwrap(),
            json!("2031-02-03T04:05:06.789Z"),
        );
        let place = GeoLocation { latitude: 50.8, longitude: 4.4, altitude: None };
        round_trip(place, json!({"latitude": 50.8, "longitude": 4.4}));
    }

    #[test]
    fn wrong_json_is_refused_in_words() {
        refused::<u8>(json!(300), "300 is above the maximum: the limits are 0..255");
        refused::<u8>(json!(-1), "-1 is below the minimum: the limits are 0..255");
        refused::<u8>(json!(1.5), "expected integer, found number");
        refused::<u8>(json!("1"), "expected integer, found string");
        refused::<bool>(json!(1), "expected boolean, found integer");
        refused::<String>(json!(null), "expected string, found null");
        refused::<Vec<u8>>(json!([1, "2"]), "1: expected integer, found string");
        refused::<GeoLocation>(
            json!({"latitude": 91, "longitude": 0}),
            "latitude: 91 is above the maximum: the limits are -90..90",
        );
        refused::<GeoLocation>(json!({"latitude": 9}), "the member `longitude` is missing");
        refused::<Bytes>(json!("%"), "not a valid byte: Invalid symbol 37, offset 0.");
    }

    #[test]
    fn whole_floats_are_integers_too() {
        assert_eq!(u8::decode(json!(5.0)).unwrap(), 5);
        assert_eq!(f64::decode(json!(5)).unwrap(), 5.0);
    }

    #[test]
    fn numbers_must_be_finite_wherever_they_are() {
        let none = Limits::NONE;
        assert!(f64::NAN.check(&none).is_err());
        assert!(Some(f32::INFINITY).check(&none).is_err());
        assert!(vec![1.0, f64::NEG_INFINITY].check(&none).is_err());
        assert!(GeoLocation { latitude: f64::NAN, longitude: 0.0, altitude: None }.check(&none).is_err());
    }
}
