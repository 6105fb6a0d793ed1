//! Devices and assets as they are declared and registered.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{self, NameError};
use crate::profile::Profile;

/// Who sets an asset's value, and who reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The device reports.
    Sensor,
    /// The platform commands, the device reports what it did.
    Actuator,
    /// The platform sets, the device keeps it.
    Config,
    /// Computed from other assets.
    Virtual,
}

impl Kind {
    /// The word on the wire and in attributes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sensor => "sensor",
            Self::Actuator => "actuator",
            Self::Config => "config",
            Self::Virtual => "virtual",
        }
    }

    /// Whether the platform may command assets of this kind.
    pub fn is_commandable(self) -> bool {
        matches!(self, Self::Actuator | Self::Config)
    }
}

impl AssetType {
    /// The word in attributes and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Aircraft => "aircraft",
            Self::Dock => "dock",
            Self::Sensor => "sensor",
            Self::Camera => "camera",
            Self::Other => "other",
        }
    }

    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

impl fmt::Display for AssetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What sort of thing a device is; the Connector's enumeration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssetType {
    /// Not said.
    #[default]
    Unknown,
    /// A drone or another aircraft.
    Aircraft,
    /// A drone dock.
    Dock,
    /// A sensor.
    Sensor,
    /// A camera.
    Camera,
    /// Anything else.
    Other,
}

/// Who makes a device: one that is known by name, or any other.
///
/// ```
/// # use edge_proto::AssetVendor;
/// assert_eq!(AssetVendor::from("dji"), AssetVendor::Dji);
/// assert_eq!(AssetVendor::from("Acme").as_str(), "Acme");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum AssetVendor {
    /// Not said.
    #[default]
    Unknown,
    /// DJI.
    Dji,
    /// Anybody else, by name.
    Other(String),
}

const DJI: &str = "DJI";

impl AssetVendor {
    /// The word on the wire; empty: not said.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unknown => "",
            Self::Dji => DJI,
            Self::Other(name) => name,
        }
    }

    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

impl From<String> for AssetVendor {
    fn from(name: String) -> Self {
        match name.as_str() {
            "" => Self::Unknown,
            name if name.eq_ignore_ascii_case(DJI) => Self::Dji,
            _ => Self::Other(name),
        }
    }
}

impl From<&str> for AssetVendor {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

impl From<AssetVendor> for String {
    fn from(vendor: AssetVendor) -> Self {
        match vendor {
            AssetVendor::Other(name) => name,
            known => known.as_str().to_owned(),
        }
    }
}

impl fmt::Display for AssetVendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A data point: what it is called, who sets it, what values it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Unique in its device, also when case is ignored.
    pub name: String,
    /// Who sets it.
    #[serde(rename = "is")]
    pub kind: Kind,
    /// For people.
    pub title: String,
    /// For people; may be empty.
    pub description: String,
    /// Type and limits.
    pub profile: Profile,
}

/// A device with all that it declares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// The serial number.
    pub sn: String,
    /// The URN of its model.
    pub model: String,
    /// For people.
    pub title: String,
    /// For people; may be empty.
    pub description: String,
    /// What sort of thing it is.
    #[serde(default, skip_serializing_if = "AssetType::is_unknown")]
    pub asset_type: AssetType,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "AssetVendor::is_unknown")]
    pub vendor: AssetVendor,
    /// The serial number of the device that this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The data points, in the order of their declaration.
    pub assets: Vec<Asset>,
}

/// Why a device cannot be declared as it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The serial number is no name.
    #[error("serial number: {0}")]
    SerialNumber(NameError),
    /// An asset's name is no name.
    #[error("asset `{asset}`: {error}")]
    AssetName {
        /// The asset.
        asset: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// Two assets with one name, case ignored.
    #[error("the asset names `{first}` and `{second}` are the same when case is ignored")]
    DuplicateAsset {
        /// The one that was first.
        first: String,
        /// The other.
        second: String,
    },
    /// The parent's serial number is no name.
    #[error("parent: {0}")]
    Parent(NameError),
    /// A device cannot be a part of itself.
    #[error("the device `{sn}` would be a part of itself")]
    Cycle {
        /// Its serial number.
        sn: String,
    },
    /// A text for people with more than [`MAX_TEXT`] bytes, or one that holds NUL.
    #[error("{field}: {reason}")]
    Text {
        /// Which one.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing says what values it takes.
    #[error("asset `{asset}`: the profile is missing")]
    NoProfile {
        /// The asset.
        asset: String,
    },
    /// Minimum above maximum.
    #[error("asset `{asset}`: the minimum is above the maximum")]
    Limits {
        /// The asset.
        asset: String,
    },
}

impl Device {
    /// Checks what both sides rely on: names, their uniqueness, texts of bounded length, limits in order.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), ModelError> {
        name::check(&self.sn).map_err(ModelError::SerialNumber)?;
        if let Some(parent) = &self.parent {
            name::check(parent).map_err(ModelError::Parent)?;
            if *parent == self.sn {
                return Err(ModelError::Cycle { sn: self.sn.clone() });
            }
        }
        check_text("title", &self.title)?;
        check_text("description", &self.description)?;
        check_text("model", &self.model)?;
        check_text("vendor", self.vendor.as_str())?;
        let mut seen = HashMap::with_capacity(self.assets.len());
        for asset in &self.assets {
            asset.check()?;
            if let Some(first) = seen.insert(asset.name.to_ascii_lowercase(), &asset.name) {
                return Err(ModelError::DuplicateAsset { first: first.clone(), second: asset.name.clone() });
            }
        }
        Ok(())
    }

    /// The asset of that name.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name)
    }
}

/// The most bytes of a title, description, model, vendor or unit.
pub const MAX_TEXT: usize = 4096;

/// Checks a text for people: NUL is refused, because not every database can keep it.
///
/// # Errors
/// What is wrong with it.
pub fn check_text(field: &'static str, text: &str) -> Result<(), ModelError> {
    let reason = if text.len() > MAX_TEXT {
        format!("the text has {} bytes, the limit is {MAX_TEXT}", text.len())
    } else if text.contains('\0') {
        "the text contains NUL".to_owned()
    } else {
        return Ok(());
    };
    Err(ModelError::Text { field, reason })
}

impl Asset {
    /// Checks the name and that the limits are in order.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), ModelError> {
        name::check(&self.name)
            .map_err(|error| ModelError::AssetName { asset: self.name.escape_debug().to_string(), error })?;
        check_text("title", &self.title)?;
        check_text("description", &self.description)?;
        check_text("unit", self.profile.unit.as_deref().unwrap_or_default())?;
        self.profile.check_limits(&self.name)
    }
}

impl Profile {
    /// Whether the limits are in order, of what is called so.
    pub(crate) fn check_limits(&self, name: &str) -> Result<(), ModelError> {
        match (self.minimum, self.maximum) {
            (Some(minimum), Some(maximum)) if minimum > maximum => {
                Err(ModelError::Limits { asset: name.to_owned() })
            }
            _ => Ok(()),
        }
    }
}
