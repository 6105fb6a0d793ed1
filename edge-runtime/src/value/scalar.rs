//! Booleans and numbers.

use edge_proto::{Limits, Number, Profile, Refusal, ValueType};
use serde_json::Value;

use super::{AssetValue, wrong_type};

impl AssetValue for bool {
    fn profile() -> Profile {
        Profile::new(ValueType::Boolean)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        json.as_bool().ok_or_else(|| wrong_type(&Self::profile(), &json))
    }
}

macro_rules! integers {
    ($($integer:ty)*) => { $(
        impl AssetValue for $integer {
            const NUMERIC: bool = true;

            fn profile() -> Profile {
                let (minimum, maximum) = (<$integer>::MIN, <$integer>::MAX);
                Profile::new(ValueType::Integer).with_limits(Limits {
                    minimum: is_limit(minimum).then(|| minimum.into()),
                    maximum: is_limit(maximum).then(|| maximum.into()),
                    step: None,
                })
            }

            fn encode(&self, out: &mut Vec<u8>) {
                write_number(out, self);
            }

            fn decode(json: Value) -> Result<Self, Refusal> {
                integer(&json)
                    .and_then(|value| Self::try_from(value).ok())
                    .ok_or_else(|| wrong_type(&Self::profile(), &json))
            }

            fn check(&self, limits: &Limits) -> Result<(), Refusal> {
                limits.check(Number::from(*self))
            }

            fn number(&self) -> Option<Number> {
                Some(Number::from(*self))
            }
        }
    )* };
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! floats {
    ($($float:ty, $number:expr;)*) => { $(
        impl AssetValue for $float {
            const NUMERIC: bool = true;

            fn profile() -> Profile {
                Profile::new(ValueType::Number)
            }

            fn encode(&self, out: &mut Vec<u8>) {
                write_number(out, self);
            }

            fn decode(json: Value) -> Result<Self, Refusal> {
                let value = json.as_f64().ok_or_else(|| wrong_type(&Self::profile(), &json))? as Self;
                value.check(&Limits::NONE).map(|()| value)
            }

            fn check(&self, limits: &Limits) -> Result<(), Refusal> {
                limits.check(Number::from(*self))
            }

            fn number(&self) -> Option<Number> {
                $number(*self)
            }
        }
    )* };
}
floats! {
    // It is written shorter than it is as an `f64`.
    f32, |_| None;
    f64, |value| Some(Number::from(value));
}

/// Where `i64` and `u64` end is as good as nowhere, and to other systems an integer without limits.
fn is_limit(end: impl Into<i128>) -> bool {
    let end = end.into();
    i128::from(i64::MIN) < end && end < i128::from(i64::MAX)
}

fn write_number(out: &mut Vec<u8>, number: &impl serde::Serialize) {
    serde_json::to_writer(out, number).expect("writing a number to memory does not fail");
}

/// The number as an integer: `5.0` is one, as in JSON Schema.
fn integer(json: &Value) -> Option<i128> {
    match Number::from(json.as_number()?) {
        Number::Integer(value) => Some(value),
        Number::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i128),
        Number::Float(_) => None,
    }
}
