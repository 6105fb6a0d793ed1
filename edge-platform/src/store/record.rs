//! What the store gives back.

use edge_proto::payload::{PresenceStatus, Stamp};
use edge_proto::{Asset, Device};
use jiff::Timestamp;
use serde_json::value::RawValue;

/// A registered device with all its assets.
#[derive(Clone, Debug)]
pub(crate) struct DeviceRecord {
    /// The registry's id (UUID).
    pub(crate) id: String,
    pub(crate) device: Device,
    /// The ids of the device's assets, in their order.
    pub(crate) asset_ids: Vec<String>,
    pub(crate) organization_id: String,
    pub(crate) version: u64,
    pub(crate) digest: String,
    pub(crate) presence: PresenceStatus,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A registered asset and its newest state.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AssetRecord {
    /// Given at its registration: 24 letters and digits.
    pub id: String,
    /// What was declared.
    pub asset: Asset,
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
    /// Where it stands in its device's history; `None` from devices that do not say.
    #[serde(skip)]
    pub stamp: Option<Stamp>,
}

impl StoredState {
    /// The value, parsed.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.value.get()).unwrap_or_default()
    }
}
