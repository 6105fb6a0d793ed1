//! The JSON of devices, assets and states: AllThingsTalk's member names, and ours where it has none.

use edge_proto::payload::PresenceStatus;
use edge_proto::{AssetType, AssetVendor, Kind, Profile};
use jiff::Timestamp;
use serde::Serialize;

use crate::store::{AssetRecord, DeviceRecord, StoredState};

/// A device, without its assets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    /// The serial number: the device's id on MQTT and in paths.
    id: String,
    /// The Connector's id.
    connector_id: String,
    name: String,
    description: String,
    model: String,
    r#type: AssetType,
    vendor: AssetVendor,
    /// The serial number of the device that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    organization_id: String,
    version: u64,
    digest: String,
    presence: PresenceStatus,
    created_on: Timestamp,
    updated_on: Timestamp,
}

impl From<DeviceRecord> for Device {
    fn from(record: DeviceRecord) -> Self {
        Self {
            id: record.device.sn,
            connector_id: record.id,
            name: record.device.title,
            description: record.device.description,
            model: record.device.model,
            r#type: record.device.asset_type,
            vendor: record.device.vendor,
            parent: record.device.parent,
            organization_id: record.organization_id,
            version: record.version,
            digest: record.digest,
            presence: record.presence,
            created_on: record.created_at,
            updated_on: record.updated_at,
        }
    }
}

/// An asset with its newest state, or `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asset {
    id: String,
    device_id: String,
    name: String,
    title: String,
    description: String,
    is: Kind,
    profile: Profile,
    created_on: Timestamp,
    updated_on: Timestamp,
    state: Option<StoredState>,
}

impl Asset {
    pub(super) fn new(device: &str, record: AssetRecord) -> Self {
        Self {
            id: record.id,
            device_id: device.to_owned(),
            name: record.asset.name,
            title: record.asset.title,
            description: record.asset.description,
            is: record.asset.kind,
            profile: record.asset.profile,
            created_on: record.created_at,
            updated_on: record.updated_at,
            state: record.state,
        }
    }
}

/// The state of one asset.
#[derive(Debug, Serialize)]
pub(super) struct State {
    /// The asset's id.
    pub(super) id: String,
    pub(super) state: StoredState,
}
