//! Values that are text in JSON: strings, bytes, times, durations, ids.

use std::fmt::Display;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use edge_proto::{Profile, Refusal, ValueType};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{AssetValue, wrong_type};

impl AssetValue for String {
    fn profile() -> Profile {
        Profile::new(ValueType::String)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        write_text(out, self);
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        match json {
            Value::String(text) => Ok(text),
            other => Err(wrong_type(&Self::profile(), &other)),
        }
    }
}

/// A type that is text of a format: how it is written and read.
macro_rules! formatted {
    ($type:ty, $format:literal, $write:expr, $read:expr) => {
        impl AssetValue for $type {
            fn profile() -> Profile {
                Profile { format: Some($format.to_owned()), ..Profile::new(ValueType::String) }
            }

            fn encode(&self, out: &mut Vec<u8>) {
                write_text(out, &$write(self));
            }

            fn decode(json: Value) -> Result<Self, Refusal> {
                let text = String::decode(json)?;
                $read(&text).map_err(|reason| not_a($format, &reason))
            }
        }
    };
}

formatted!(Bytes, "byte", |bytes: &Bytes| BASE64.encode(bytes), |text: &str| BASE64
    .decode(text)
    .map(Bytes::from));
formatted!(Timestamp, "date-time", Timestamp::to_string, |text: &str| text.parse::<Timestamp>());
formatted!(Uuid, "uuid", Uuid::to_string, Uuid::parse_str);
formatted!(
    Duration,
    "duration",
    |duration: &Duration| SignedDuration::try_from(*duration).unwrap_or(SignedDuration::MAX).to_string(),
    |text: &str| text.parse::<SignedDuration>().and_then(Duration::try_from)
);

fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("writing a text to memory does not fail");
}

fn not_a(format: &str, reason: &impl Display) -> Refusal {
    Refusal::Format { format: format.to_owned(), reason: reason.to_string() }
}
