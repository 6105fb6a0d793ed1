//! What `#[derive(Device)]` says of a struct: constant tables, and the device that they declare.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use edge_proto::payload::FormatKind;
use edge_proto::{Asset, AssetType, AssetVendor, Device, DeviceId, Kind, Limits, Profile, Refusal};
use serde_json::Value;

pub use crate::alert::{FieldModel, FormatModel};
pub use crate::outbox::Batch;
pub use crate::rules::{AssetRules, BoxedPipeline, DeclaredPipeline, Overflow, QoS, Retention, RulesError};
use crate::value::codec::AnyValue;
use crate::value::default::OfText;
use crate::value::limit::IsANumber;
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
    /// What the device does when it is told to, in the order in which it is declared.
    pub actions: &'static [ActionModel],
}

/// What a model has of which nothing is said.
pub const NO_ASSETS: DeviceModel = DeviceModel {
    urn: "",
    title: "",
    description: "",
    asset_type: AssetType::Unknown,
    vendor: "",
    overwrite_assets: OverwritePolicy::Never,
    batch: None,
    children: &[],
    assets: &[],
    formats: &[],
    actions: &[],
};

/// An action of a [`DeviceModel`]: what a device does when it is told to, and answers as it answers a command.
#[derive(Clone, Copy, Debug)]
pub struct ActionModel {
    /// On the wire.
    pub name: &'static str,
    /// By which it is found as well; empty: none.
    pub alias: &'static str,
    /// For people.
    pub title: &'static str,
    /// For people; may be empty.
    pub description: &'static str,
    /// How long the handler's method may take; `None`: 30 s.
    pub timeout: Option<Duration>,
    /// In the order of the method's arguments.
    pub arguments: &'static [ArgumentModel],
}

/// An argument of an [`ActionModel`]. One whose type is an `Option` may be left out.
#[derive(Clone, Copy, Debug)]
pub struct ArgumentModel {
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

impl ArgumentModel {
    /// Type, limits and unit of the argument.
    pub fn profile(&self) -> Profile {
        profile(&self.codec, &self.limits, self.unit)
    }
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
    /// By which it is found as well, in commands and by programs; empty: none.
    pub alias: &'static str,
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
    /// The value before there is another, where that is said.
    pub default: Option<DefaultValue>,
    /// The functions of the value's type.
    pub codec: Codec,
}

/// The value of an asset before there is another: `#[asset(default = ..)]`. A device with a struct begins with the struct
/// all the same; a [`DynamicDevice`](crate::DynamicDevice) begins with this.
#[derive(Clone, Copy, Debug)]
pub struct DefaultValue(Source);

#[derive(Clone, Copy, Debug)]
enum Source {
    Typed(fn() -> Box<dyn Any + Send>),
    Json(&'static Value),
}

impl DefaultValue {
    /// Of the asset's type; written by the derive.
    pub const fn of(value: fn() -> Box<dyn Any + Send>) -> Self {
        Self(Source::Typed(value))
    }

    pub(crate) const fn of_json(value: &'static Value) -> Self {
        Self(Source::Json(value))
    }

    pub(crate) fn json(&self, codec: &Codec) -> Value {
        match self.0 {
            Source::Typed(value) => codec.json(value().as_ref()),
            Source::Json(value) => value.clone(),
        }
    }
}

impl AssetModel {
    /// A limit that is an expression, for expansions. Here, where what rustc says of it names something that users know.
    #[doc(hidden)]
    pub const fn limit_is_a_number<T: IsANumber<Same = T>>(number: T) -> T::Same {
        number
    }

    /// The default of a `String`, for expansions. Here for the same reason.
    #[doc(hidden)]
    pub fn text_of_default<T: OfText>(value: T) -> String {
        value.text()
    }

    /// Type, limits and unit of the asset.
    pub fn profile(&self) -> Profile {
        profile(&self.codec, &self.limits, self.unit)
    }

    /// Reads a value of the asset's type from JSON, still to be checked against its limits.
    pub(crate) fn decode(&self, json: Value) -> Result<AnyValue, Refusal> {
        decode(&self.codec, || self.profile().limits(), json)
    }

    pub(crate) fn declare(&self) -> Asset {
        Asset {
            name: self.name.to_owned(),
            kind: self.kind,
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            profile: self.profile(),
        }
    }
}

/// Reads a value from JSON. What the type cannot hold is refused with the limits that are declared; what it can hold is
/// still to be checked against them.
pub(crate) fn decode(
    codec: &Codec,
    limits: impl FnOnce() -> Limits,
    json: Value,
) -> Result<AnyValue, Refusal> {
    (codec.decode)(json).map_err(|refusal| match refusal {
        Refusal::BelowMinimum { value, .. } | Refusal::AboveMaximum { value, .. } => {
            limits().check(value).err().unwrap_or(refusal)
        }
        other => other,
    })
}

/// A type's profile, with limits and a unit of one's own.
pub(crate) fn profile(codec: &Codec, limits: &Limits, unit: &str) -> Profile {
    if let Some(profile) = codec.schema {
        return profile.clone();
    }
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
    /// The indices of the assets by name and by alias.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let names = |(index, asset): (usize, &'static AssetModel)| {
            let alias = Some(asset.alias).filter(|alias| !alias.is_empty());
            std::iter::once(asset.name).chain(alias).map(move |name| (name, index))
        };
        self.assets.iter().enumerate().flat_map(names)
    }

    /// The index of the action of that name or alias.
    pub(crate) fn find_action(&self, name: &str) -> Option<usize> {
        // An alias that is empty is none.
        let is_it = |action: &ActionModel| [action.name, action.alias].contains(&name) && !name.is_empty();
        self.actions.iter().position(is_it)
    }

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
