//! A number of a limit: exact for every integer type, a float otherwise.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An integer of any width up to 127 bits, or a finite float. Compares by value: `1 == 1.0`.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Exact.
    Integer(i128),
    /// Never NaN or infinite when it was read from JSON.
    Float(f64),
}

impl Number {
    /// As a float, rounded where it must be.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// False for NaN and the infinities.
    #[inline]
    pub fn is_finite(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(value) => value.is_finite(),
        }
    }

    /// Whether this is a whole multiple of `step`. Floats allow for the rounding of one division.
    pub fn is_multiple_of(self, step: Self) -> bool {
        if let (Self::Integer(value), Self::Integer(step)) = (self, step) {
            return step == 0 || value % step == 0;
        }
        let ratio = self.as_f64() / step.as_f64();
        !ratio.is_finite() || (ratio - ratio.round()).abs() <= 1e-9 * ratio.abs().max(1.0)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(&b)),
            (a, b) => a.as_f64().partial_cmp(&b.as_f64()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
        }
    }
}

impl From<&serde_json::Number> for Number {
    fn from(number: &serde_json::Number) -> Self {
        if let Some(value) = number.as_i64() {
            Self::Integer(value.into())
        } else if let Some(value) = number.as_u64() {
            Self::Integer(value.into())
        } else {
            Self::Float(number.as_f64().unwrap_or(f64::NAN))
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Whole floats are written as integers, so that `85.0` and `85` are the same text everywhere.
        match *self {
            Self::Integer(value) => match (i64::try_from(value), u64::try_from(value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.serialize_f64(value as f64),
            },
            Self::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                serializer.serialize_i64(value as i64)
            }
            Self::Float(value) => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Number::deserialize(deserializer).map(|number| Self::from(&number))
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => { $(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                Self::Integer(value.into())
            }
        }
    )* };
}
from_integers!(i8 i16 i32 i64 u8 u16 u32 u64);

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// By its shortest decimal, which is what goes over the wire: `0.1f32` is 0.1, not 0.10000000149.
impl From<f32> for Number {
    fn from(value: f32) -> Self {
        Self::Float(value.to_string().parse().unwrap_or(value.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_by_value_and_keeps_wide_integers_exact() {
        assert_eq!(Number::Integer(1), Number::Float(1.0));
        assert!(Number::from(u64::MAX) > Number::from(u64::MAX - 1));
        assert_eq!(serde_json::to_string(&Number::from(u64::MAX)).unwrap(), "18446744073709551615");
        assert_eq!(serde_json::to_string(&Number::Float(85.0)).unwrap(), "85");
        assert_eq!(serde_json::from_str::<Number>("18446744073709551615").unwrap(), Number::from(u64::MAX));
    }

    #[test]
    fn single_precision_is_what_it_is_written_as() {
        assert!(Number::from(0.3f32).is_multiple_of(Number::Float(0.1)));
        assert_eq!(Number::from(0.1f32), Number::Float(0.1));
        assert!(!Number::from(f32::NAN).is_finite() && !Number::from(f32::INFINITY).is_finite());
    }

    #[test]
    fn steps_allow_for_binary_fractions() {
        assert!(Number::Float(0.3).is_multiple_of(Number::Float(0.1)));
        assert!(!Number::Float(0.35).is_multiple_of(Number::Float(0.1)));
        assert!(Number::Integer(-15).is_multiple_of(Number::Integer(5)));
        assert!(!Number::Integer(7).is_multiple_of(Number::Integer(5)));
    }
}
