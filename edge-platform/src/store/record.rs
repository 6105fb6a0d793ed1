//! What the store takes and gives back.

use edge_proto::payload::{Location, PresenceStatus, Stamp};
use edge_proto::{Asset, AssetType, AssetVendor, Device};
use jiff::Timestamp;
use serde_json::value::RawValue;

/// A registered device with all its assets and its child devices.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeviceRecord {
    /// The registry's id (UUID).
    pub(crate) id: String,
    pub(crate) device: Device,
    /// What was given to the device's assets, in their order.
    pub(crate) points: Vec<Point>,
    /// By serial number.
    pub(crate) children: Vec<DeviceRecord>,
    pub(crate) organization_id: String,
    pub(crate) version: u64,
    pub(crate) digest: String,
    pub(crate) presence: PresenceStatus,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// What the registry gives to an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) id: String,
    /// Where it stands among its device's assets; there may be gaps.
    pub(crate) position: i64,
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A device with its child devices as a caller wants them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Declared {
    pub(crate) device: Device,
    /// The version that a change was made against; 0: any.
    pub(crate) version: u64,
    pub(crate) children: Vec<Declared>,
}

impl Declared {
    /// A device of which nothing is known but its serial number.
    pub(crate) fn bare(sn: &str) -> Self {
        let device = Device {
            sn: sn.to_owned(),
            model: String::new(),
            title: sn.to_owned(),
            description: String::new(),
            asset_type: AssetType::Unknown,
            vendor: AssetVendor::Unknown,
            parent: None,
            assets: Vec::new(),
        };
        Self { device, version: 0, children: Vec::new() }
    }

    /// How many levels of devices there are.
    pub(crate) fn height(&self) -> usize {
        1 + self.children.iter().map(Self::height).max().unwrap_or_default()
    }
}

/// A registered asset and its newest state.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AssetRecord {
    /// Given at its registration: 24 letters and digits.
    pub id: String,
    /// What was declared.
    pub asset: Asset,
    /// Grows with every change of the declaration.
    pub version: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When its declaration was last changed.
    pub updated_at: Timestamp,
    /// `None`: never set.
    pub state: Option<StoredState>,
}

/// The newest state of an asset.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct StoredState {
    /// When the value held.
    pub at: Timestamp,
    /// The value as the device wrote it, as JSON.
    pub value: Box<RawValue>,
    /// The device did not believe the clock that `at` was taken from.
    #[serde(skip_serializing_if = "is_false")]
    pub unsynced: bool,
    /// Where it was taken, if the device says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Where it stands in its device's history; `None` from devices that do not say.
    #[serde(skip)]
    pub stamp: Option<Stamp>,
}

/// What is so nearly always is not said.
pub(crate) fn is_false(is_so: &bool) -> bool {
    !is_so
}

impl StoredState {
    /// The value, parsed.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.value.get()).unwrap_or_default()
    }
}
