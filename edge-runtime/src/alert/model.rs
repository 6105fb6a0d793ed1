//! What `#[derive(Alert)]` and `#[derive(Format)]` say of a struct: constant tables.

use edge_proto::payload::{FormatKind, Severity};
use edge_proto::{Limits, Profile};

use super::{Alert, Format};
use crate::model::{DeviceModel, Retention, profile};
use crate::value::Codec;

/// A declared alert or data format: `OverTemperature::MODEL`. Written by the derive.
#[derive(Clone, Copy, Debug)]
pub struct FormatModel {
    /// On the wire.
    pub name: &'static str,
    /// Empty if it is not given: see [`urn_in`](Self::urn_in).
    pub urn: &'static str,
    /// For people; may be empty.
    pub description: &'static str,
    /// Whether it is an alert.
    pub kind: FormatKind,
    /// How much an alert matters, unless it is raised with another.
    pub severity: Severity,
    /// Where reports are kept until the broker has them; `None`: on disk where the platform's outbox has a folder,
    /// otherwise in memory.
    pub retention: Option<Retention>,
    /// The fields, in the order of the struct.
    pub fields: &'static [FieldModel],
}

/// One field of a [`FormatModel`].
#[derive(Clone, Copy, Debug)]
pub struct FieldModel {
    /// On the wire.
    pub name: &'static str,
    /// For people; may be empty.
    pub description: &'static str,
    /// For people; empty: none.
    pub unit: &'static str,
    /// From `min`, `max` and `step`; the type's own limits hold as well.
    pub limits: Limits,
    /// The functions of the value's type.
    pub codec: Codec,
}

impl FormatModel {
    /// That of an alert. Of a type that is none, rustc says so where this stands.
    #[doc(hidden)]
    pub const fn of_alert<A: Alert>() -> &'static Self {
        A::MODEL
    }

    /// That of a data format, likewise.
    #[doc(hidden)]
    pub const fn of_format<F: Format>() -> &'static Self {
        F::MODEL
    }

    /// The URN: the given one, or the device model's with `:` and the name.
    pub fn urn_in(&self, device: &DeviceModel) -> String {
        if self.urn.is_empty() { format!("{}:{}", device.urn, self.name) } else { self.urn.to_owned() }
    }

    /// Whether there must be a store for it.
    pub(crate) fn must_be_stored(&self) -> bool {
        self.retention == Some(Retention::Stored)
    }

    /// Whether it is stored where there is a store.
    pub(crate) fn may_be_stored(&self) -> bool {
        self.retention.is_none_or(|retention| retention == Retention::Stored)
    }
}

impl FieldModel {
    /// Type, limits and unit of the field. An optional one is nullable.
    pub fn profile(&self) -> Profile {
        profile(&self.codec, &self.limits, self.unit)
    }

    /// Whether a report may be without it: its type is an `Option`.
    pub fn is_optional(&self) -> bool {
        self.profile().nullable
    }
}
