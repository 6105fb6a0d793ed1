//! Why an alert or data are not accepted.

use std::sync::Arc;

use edge_proto::payload::FormatKind;
use edge_proto::{DeviceId, Refusal};
use jiff::Timestamp;

use super::FormatModel;
use crate::cause::only;
use crate::outbox::OfStore;
use crate::storage::{NotUploaded, StorageError};

/// Why an alert or data were not accepted. Nothing was changed or published.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The device declares no alert, or no format, of that name.
    #[error("device `{device}` declares no {} `{name}`, {}", word(*kind), only(known))]
    Unknown {
        /// The serial number.
        device: String,
        /// Whether an alert was meant.
        kind: FormatKind,
        /// The name that there is not.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// What should be an object of fields by name is none.
    #[error("device `{device}`, {} `{name}`: the fields are no object", word(*kind))]
    NoObject {
        /// The serial number.
        device: String,
        /// Whether it is an alert.
        kind: FormatKind,
        /// The alert's or the format's name.
        name: String,
    },
    /// A field that it must have is not there.
    #[error("device `{device}`, {} `{name}`: the field `{field}` is missing", word(*kind))]
    MissingField {
        /// The serial number.
        device: String,
        /// Whether it is an alert.
        kind: FormatKind,
        /// The alert's or the format's name.
        name: String,
        /// The field that is missing.
        field: &'static str,
    },
    /// A field that it does not have.
    #[error("device `{device}`, {} `{name}` has no field `{field}`, {}", word(*kind), only(known))]
    UnknownField {
        /// The serial number.
        device: String,
        /// Whether it is an alert.
        kind: FormatKind,
        /// The alert's or the format's name.
        name: String,
        /// The field that there is not.
        field: String,
        /// The fields that there are.
        known: Vec<&'static str>,
    },
    /// A value does not fit its field.
    #[error("device `{device}`, {} `{name}`, field `{field}`: {refusal}", word(*kind))]
    Refused {
        /// The serial number.
        device: String,
        /// Whether it is an alert.
        kind: FormatKind,
        /// The alert's or the format's name.
        name: String,
        /// The field.
        field: &'static str,
        /// What is wrong with the value, and the limits.
        refusal: Box<Refusal>,
    },
    /// All fields together are more than a message may have.
    #[error("device `{device}`, {} `{name}`: {bytes} bytes, the limit is {limit}", word(*kind))]
    TooLarge {
        /// The serial number.
        device: String,
        /// Whether it is an alert.
        kind: FormatKind,
        /// The alert's or the format's name.
        name: String,
        /// How many bytes it takes as JSON.
        bytes: usize,
        /// How many it may take.
        limit: usize,
    },
    /// The time is one that others cannot read.
    #[error("device `{device}`: {at} is not in the years 1 to 9999")]
    Time {
        /// The serial number.
        device: String,
        /// When it was said to hold.
        at: Timestamp,
    },
    /// The device's platform has no words for alerts and data.
    #[error("device `{device}`: its platform knows no alerts and no data")]
    Unsupported {
        /// The serial number.
        device: String,
    },
    /// An object in a field could not be uploaded.
    #[error("device `{device}`, {} `{name}`, field `{field}`: an object in it was not uploaded", word(*kind))]
    Storage {
        /// The serial number.
        device: String,
        /// Whether it is an alert.
        kind: FormatKind,
        /// The alert's or the format's name.
        name: String,
        /// The field.
        field: &'static str,
        /// What failed.
        source: Arc<StorageError>,
    },
    /// So many alerts that windows have made wait for room already that this one, the oldest of them, was let go.
    #[error("device `{device}`: too many alerts of windows wait for room")]
    NoRoom {
        /// The serial number.
        device: String,
    },
    /// It was to be stored, and there is no room on the disk.
    #[error("device `{device}`: no room in the store for it")]
    StoreFull {
        /// The serial number.
        device: String,
    },
    /// It was to be stored, and the store failed.
    #[error("device `{device}`: it was not stored: {reason}")]
    Store {
        /// The serial number.
        device: String,
        /// What failed.
        reason: String,
    },
    /// The device is closed.
    #[error("device `{device}` is closed")]
    Closed {
        /// The serial number.
        device: String,
    },
}

fn word(kind: FormatKind) -> &'static str {
    match kind {
        FormatKind::Alert => "alert",
        FormatKind::Data => "format",
    }
}

impl OfStore for ReportError {
    fn full(device: String) -> Self {
        Self::StoreFull { device }
    }

    fn failed(device: String, reason: String) -> Self {
        Self::Store { device, reason }
    }
}

impl ReportError {
    /// An object in a field was not uploaded.
    pub(crate) fn not_uploaded(model: &FormatModel, error: NotUploaded) -> Self {
        let NotUploaded { device, of: field, source } = error;
        let (device, name) = (device.to_string(), model.name.to_owned());
        Self::Storage { device, kind: model.kind, name, field, source }
    }

    pub(super) fn missing(device: &DeviceId, model: &FormatModel, field: &'static str) -> Self {
        let (device, name) = (device.to_string(), model.name.to_owned());
        Self::MissingField { device, kind: model.kind, name, field }
    }

    pub(super) fn refused(
        device: &DeviceId,
        model: &FormatModel,
        field: &'static str,
        refusal: Refusal,
    ) -> Self {
        let (device, name) = (device.to_string(), model.name.to_owned());
        Self::Refused { device, kind: model.kind, name, field, refusal: Box::new(refusal) }
    }
}
