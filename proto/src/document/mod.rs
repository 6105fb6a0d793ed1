//! A device model as a JSON document, in the schema of the systems that call them so: `urn`, `name`, `description`, and
//! `attributes`, `actions` and `formats` with types, ranges, aliases and defaults.
//!
//! What the schema has no word for is in members that it does not know: `kind`, `title` and the whole `profile` of an
//! attribute, the device's `assetType` and `vendor`, the `arguments` of actions, the `severity` of alerts. So a model that
//! is written and read again is the same, and one that others have written is read as far as it goes:
//!
//! | member | without ours |
//! |---|---|
//! | `type` | `INTEGER`, `NUMBER`, `STRING`, `BOOLEAN`, `DATETIME`, `URI`; besides, for ours, `OBJECT` and `ARRAY` |
//! | `range` | `"low,high"`, of numbers only, and low is not above high; a single limit is in the profile only |
//! | `writable` | may the platform set it? `true`: an actuator or a config, an actuator where `kind` does not say; otherwise a sensor or a virtual asset, a sensor where `kind` does not say |
//! | `defaultValue` | must be a value of the attribute; `null` is none |
//! | `alias` | of an attribute or an action; unique among the names and aliases of these, also when case is ignored |
//! | `draft` | not yet to be used |
//!
//! Unknown members are passed over, unknown types and contradictions are refused.

mod check;
mod error;
mod fields;
mod wire;
mod words;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Asset, AssetType, AssetVendor, Kind};
use crate::object::Sha256;
use crate::payload::{FormatKind, Severity};
use crate::profile::Profile;

pub use check::{MAX_ARGUMENTS, MAX_ATTRIBUTES, MAX_URN, UrnError, check_urn};
pub use error::DocumentError;
pub use fields::{ArgumentError, Misplaced, Slot, place};

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "wire::Model", into = "wire::Model")]
pub struct ModelDocument {
    /// The URN of the model.
    pub urn: String,
    /// For people.
    pub name: String,
    /// For people; may be empty.
    pub description: String,
    /// Whether it is not yet to be used.
    pub draft: bool,
    /// What sort of thing a device of it is.
    pub asset_type: AssetType,
    /// Who makes devices of it.
    pub vendor: AssetVendor,
    /// The assets, in their order.
    pub attributes: Vec<Attribute>,
    /// What its devices can be asked to do.
    pub actions: Vec<Action>,
    /// What its devices send besides states.
    pub formats: Vec<Format>,
    /// The child devices that it declares.
    pub children: Vec<Child>,
}

/// An asset of a [`ModelDocument`].
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// What is registered of it.
    pub asset: Asset,
    /// By which it is found as well.
    pub alias: Option<String>,
    /// The value before there is another. Never `null`.
    pub default: Option<Value>,
}

/// An action of a [`ModelDocument`].
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// On the wire.
    pub name: String,
    /// By which it is found as well.
    pub alias: Option<String>,
    /// For people.
    pub title: String,
    /// For people; may be empty.
    pub description: String,
    /// In their order.
    pub arguments: Vec<Field>,
}

/// An alert or a data format of a [`ModelDocument`].
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// Its own URN.
    pub urn: String,
    /// On the wire.
    pub name: String,
    /// For people; may be empty.
    pub description: String,
    /// Whether it is an alert.
    pub kind: FormatKind,
    /// How much an alert matters; none of data.
    pub severity: Option<Severity>,
    /// In their order.
    pub fields: Vec<Field>,
}

/// An argument of an action, or a field of a format.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// On the wire.
    pub name: String,
    /// For people; may be empty.
    pub description: String,
    /// Type and limits.
    pub profile: Profile,
    /// Whether it may be left out.
    pub optional: bool,
}

/// A child device of a [`ModelDocument`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// By which it is called in its parent.
    pub name: String,
    /// The URN of its model.
    pub urn: String,
}

impl ModelDocument {
    /// A model without anything.
    pub fn new(urn: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            urn: urn.into(),
            name: name.into(),
            description: String::new(),
            draft: false,
            asset_type: AssetType::Unknown,
            vendor: AssetVendor::Unknown,
            attributes: Vec::new(),
            actions: Vec::new(),
            formats: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn from_json(json: &str) -> Result<Self, DocumentError> {
        let wire: wire::Model =
            serde_json::from_str(json).map_err(|error| DocumentError::Malformed(error.to_string()))?;
        wire.try_into()
    }

    /// The document as JSON, in lines.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts, numbers and maps with text keys are always JSON")
    }

    /// The digest of the document as [`to_json`](Self::to_json) writes it. It says which one of all that have the same URN.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.to_json().as_bytes())
    }

    /// The attribute of that name or alias.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        let is_it =
            |attribute: &&Attribute| attribute.asset.name == name || attribute.alias.as_deref() == Some(name);
        self.attributes.iter().find(is_it)
    }

    /// The action of that name or alias.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.name == name || action.alias.as_deref() == Some(name))
    }

    /// Whether a device could be of this model: names, their uniqueness, texts, limits, defaults. What was read is.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), DocumentError> {
        check::model(self)
    }
}

impl Attribute {
    /// Whether the platform may set it.
    pub fn is_writable(&self) -> bool {
        self.asset.kind.is_commandable()
    }
}

/// What `writable` alone says of the kind.
fn kind_of(writable: bool) -> Kind {
    if writable { Kind::Actuator } else { Kind::Sensor }
}

#[cfg(test)]
mod tests;
