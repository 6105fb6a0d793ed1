//! The JSON of devices, assets and states: AllThingsTalk's member names, and ours where it has none.

use edge_proto::payload::PresenceStatus;
use edge_proto::{AssetType, AssetVendor, Kind, Profile};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::time;
use crate::store::{AssetRecord, DeviceRecord, StoredState};

/// Always `null`: AllThingsTalk has it, we do not.
type Never = ();

/// A device.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    /// The serial number: the device's id on MQTT and in paths.
    id: String,
    /// The Connector's id.
    connector_id: String,
    name: String,
    title: String,
    description: Option<String>,
    r#type: AssetType,
    model: String,
    vendor: AssetVendor,
    /// The serial number of the device that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    organization_id: String,
    version: u64,
    digest: String,
    presence: PresenceStatus,
    #[serde(serialize_with = "time::millis")]
    created_on: Timestamp,
    #[serde(serialize_with = "time::millis")]
    updated_on: Timestamp,
    owner_id: Never,
    gateway_id: Never,
    /// A ground is an organization.
    ground_id: Option<String>,
    grounds: [Never; 0],
    activity_enabled: bool,
    created_by: Never,
    updated_by: Never,
    meta: Empty,
    networks: [Never; 0],
    control: Control,
    #[serde(flatten)]
    assets: Option<Assets>,
}

/// What is told of a device together with its assets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Assets {
    last_active_at: Option<Timestamp>,
    assets: Vec<Asset>,
}

/// `{}`
#[derive(Debug, Serialize)]
struct Empty {}

#[derive(Debug, Serialize)]
struct Control {
    name: &'static str,
}

const CONTROL: Control = Control { name: "" };

/// What AllThingsTalk says where there is no style.
const STYLE: &str = "undefined";

/// `null` for a text that says nothing.
fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl From<DeviceRecord> for Device {
    fn from(record: DeviceRecord) -> Self {
        Self {
            id: record.device.sn,
            connector_id: record.id,
            name: record.device.title.clone(),
            title: record.device.title,
            description: some(record.device.description),
            r#type: record.device.asset_type,
            model: record.device.model,
            vendor: record.device.vendor,
            parent: record.device.parent,
            organization_id: record.organization_id.clone(),
            version: record.version,
            digest: record.digest,
            presence: record.presence,
            created_on: record.created_at,
            updated_on: record.updated_at,
            owner_id: (),
            gateway_id: (),
            ground_id: some(record.organization_id),
            grounds: [],
            activity_enabled: true,
            created_by: (),
            updated_by: (),
            meta: Empty {},
            networks: [],
            control: CONTROL,
            assets: None,
        }
    }
}

impl Device {
    /// With its assets.
    pub(super) fn with_assets(mut self, assets: Vec<AssetRecord>) -> Self {
        let last_active_at = assets.iter().filter_map(|asset| Some(asset.state.as_ref()?.at)).max();
        let assets = assets.into_iter().map(|asset| Asset::new(&self.id, asset)).collect();
        self.assets = Some(Assets { last_active_at, assets });
        self
    }
}

/// An asset with its newest state, or `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asset {
    device_id: String,
    thing: Never,
    id: String,
    name: String,
    title: String,
    is: Kind,
    description: Option<String>,
    #[serde(serialize_with = "time::millis")]
    created_on: Timestamp,
    #[serde(serialize_with = "time::millis")]
    updated_on: Timestamp,
    created_by: Never,
    updated_by: Never,
    profile: Profile,
    control: Control,
    state: Option<StoredState>,
    style: &'static str,
}

impl Asset {
    pub(super) fn new(device: &str, record: AssetRecord) -> Self {
        Self {
            device_id: device.to_owned(),
            thing: (),
            id: record.id,
            name: record.asset.name,
            title: record.asset.title,
            is: record.asset.kind,
            description: some(record.asset.description),
            created_on: record.created_at,
            updated_on: record.updated_at,
            created_by: (),
            updated_by: (),
            profile: record.asset.profile,
            control: CONTROL,
            state: record.state,
            style: STYLE,
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

/// The states of several assets by their names, in their order.
#[derive(Debug)]
pub(super) struct States(pub(super) Vec<(String, StoredState)>);

impl Serialize for States {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, state)| (name, state)))
    }
}

/// A list of AllThingsTalk's that is an object.
#[derive(Debug, Serialize)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
}
