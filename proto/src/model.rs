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
    #[serde(default)]
    pub asset_type: AssetType,
    /// Who makes it; may be empty.
    #[serde(default)]
    pub vendor: String,
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
    /// Minimum above maximum.
    #[error("asset `{asset}`: the minimum is above the maximum")]
    Limits {
        /// The asset.
        asset: String,
    },
}

impl Device {
    /// Checks what both sides rely on: names, their uniqueness, limits in order.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), ModelError> {
        name::check(&self.sn).map_err(ModelError::SerialNumber)?;
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

impl Asset {
    /// Checks the name and that the limits are in order.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), ModelError> {
        name::check(&self.name)
            .map_err(|error| ModelError::AssetName { asset: self.name.escape_debug().to_string(), error })?;
        match (self.profile.minimum, self.profile.maximum) {
            (Some(minimum), Some(maximum)) if minimum > maximum => {
                Err(ModelError::Limits { asset: self.name.clone() })
            }
            _ => Ok(()),
        }
    }
}
