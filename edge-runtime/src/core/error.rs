//! Why a value is not accepted.

use edge_proto::Refusal;
use jiff::Timestamp;

/// Why a value was not accepted. Nothing was changed or published.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// The value does not fit the asset.
    #[error("device `{device}`, asset `{asset}`: {refusal}")]
    Refused {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: String,
        /// What is wrong with the value, and the limits.
        refusal: Refusal,
    },
    /// The time is one that others cannot read.
    #[error("device `{device}`: {at} is not in the years 1 to 9999")]
    Time {
        /// The serial number.
        device: String,
        /// When it was said to hold.
        at: Timestamp,
    },
    /// The device is closed.
    #[error("device `{device}` is closed")]
    Closed {
        /// The serial number.
        device: String,
    },
}
