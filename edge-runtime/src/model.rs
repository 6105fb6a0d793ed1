//! What `#[derive(Device)]` says of a struct: constant tables, and the device that they declare.

use std::any::Any;
use std::fmt;

use edge_proto::payload::FormatKind;
use edge_proto::{Asset, AssetType, AssetVendor, Device, DeviceId, Kind, Limits, Profile};

pub use crate::alert::{FieldModel, FormatModel};
pub use crate::outbox::Batch;
pub use crate::rules::{AssetRules, Overflow, QoS, Retention};
use crate::value::{Codec, Values};

/// What happens to differences between the declared assets and the registered ones at startup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OverwritePolicy {
    /// `overwrite_assets = false`: create what is missing. A breaking or limiting difference is an
    /// `AssetMismatch`, and then nothing at all is written.
    #[default]
    Never,
    /// `overwrite_assets = true`: create the missing, overwrite every difference, keep orphans.
    Always,
    /// `overwrite_assets = "prune"`: as [`Always`](Self::Always), and delete orphans.
    Prune,
}

impl fmt::Display for OverwritePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "false",
            Self::Always => "true",
            Self::Prune => "\"prune\"",
        })
    }
}

/// A device model: `Greenhouse::MODEL`. Written by the derive.
#[derive(Clone, Copy, Debug)]
pub struct DeviceModel {
    /// The URN, such as `urn:example:greenhouse:1`.
    pub urn: &'static str,
    /// For people.
    pub title: &'static str,
    /// For people; may be empty.
    pub description: &'static str,
    /// What sort of thing it is.
    pub asset_type: AssetType,
    /// Who makes it; empty: not said.
    pub vendor: &'static str,
    /// What is done with differences at startup.
    pub overwrite_assets: OverwritePolicy,
    /// Which states wait for others; `None`: none do.
    pub batch: Option<Batch>,
    /// The child devices, in the order of their fields.
    pub children: &'static [ChildModel],
    /// The assets, in the order of their fields.
    pub assets: &'static [AssetModel],
    /// The alerts and data formats, in the order in which they are named.
    pub formats: &'static [&'static FormatModel],
}

/// A declared child device of a [`DeviceModel`].
#[derive(Clone, Copy)]
pub struct ChildModel {
    /// By which it is called in its parent; its serial number is `{parent's}-{name}` unless another is
    /// given.
    pub name: &'static str,
    /// What it declares.
    pub model: &'static DeviceModel,
    /// A copy of the child's struct.
    pub(crate) copy: fn(&mut dyn Any) -> Box<dyn Values>,
    /// Assigns a child's struct to the field.
    pub(crate) assign: fn(&mut dyn Any, Box<dyn Values>),
}

impl fmt::Debug for ChildModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildModel")
            .field("name", &self.name)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// One asset of a [`DeviceModel`].
#[derive(Clone, Copy, Debug)]
pub struct AssetModel {
    /// On the wire.
    pub name: &'static str,
    /// Who sets it.
    pub kind: Kind,
    /// For people.
    pub title: &'static str,
    /// For people; may be empty.
    pub description: &'static str,
    /// For people; empty: none.
    pub unit: &'static str,
    /// From `min`, `max` and `step`; the type's own limits hold as well.
    pub limits: Limits,
    /// How its states are delivered, and its commands handled.
    pub rules: AssetRules,
    /// The functions of the value's type.
    pub codec: Codec,
}

impl AssetModel {
    /// Type, limits and unit of the asset.
    pub fn profile(&self) -> Profile {
        profile(&self.codec, &self.limits, self.unit)
    }

    fn declare(&self) -> Asset {
        Asset {
            name: self.name.to_owned(),
            kind: self.kind,
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            profile: self.profile(),
        }
    }
}

/// A type's profile, with limits and a unit of one's own.
pub(crate) fn profile(codec: &Codec, limits: &Limits, unit: &str) -> Profile {
    let profile = (codec.profile)();
    let own = profile.limits();
    let limits = Limits {
        minimum: limits.minimum.or(own.minimum),
        maximum: limits.maximum.or(own.maximum),
        step: limits.step.or(own.step),
    };
    let unit = Some(unit).filter(|unit| !unit.is_empty()).map(str::to_owned);
    Profile { unit, ..profile.with_limits(limits) }
}

impl DeviceModel {
    /// Whether states of some asset expire.
    pub(crate) fn can_expire(&self) -> bool {
        self.assets.iter().any(|asset| asset.rules.expiry.is_some())
    }

    /// Whether states of some asset are stored.
    pub(crate) fn is_stored(&self) -> bool {
        self.assets.iter().any(|asset| asset.rules.retention == Retention::Stored)
    }

    /// Whether there must be a store, for states or for reports.
    pub(crate) fn must_be_stored(&self) -> bool {
        self.is_stored() || self.formats.iter().any(|format| format.must_be_stored())
    }

    /// Whether something of it is stored where there is a store.
    pub(crate) fn may_be_stored(&self) -> bool {
        self.is_stored() || self.formats.iter().any(|format| format.may_be_stored())
    }

    /// An alert or a data format, by its name.
    pub fn format(&self, kind: FormatKind, name: &str) -> Option<&'static FormatModel> {
        self.formats.iter().copied().find(|format| format.kind == kind && format.name == name)
    }

    /// The device of this model with that serial number, as it is registered; without its children, which
    /// are devices of their own.
    pub fn declare(&self, sn: &DeviceId) -> Device {
        Device {
            sn: sn.to_string(),
            model: self.urn.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            asset_type: self.asset_type,
            vendor: AssetVendor::from(self.vendor),
            parent: None,
            assets: self.assets.iter().map(AssetModel::declare).collect(),
        }
    }
}
