//! From the store's records to the Connector's messages.

use edge_proto::connector::v1::{self, sub_asset::Part};

use crate::store::{DeviceRecord, Point};

/// A registered device with all that it has, as it goes over the wire.
pub(super) fn asset(record: DeviceRecord) -> v1::Asset {
    let mut asset = v1::Asset::from(&record.device);
    for (sub_asset, point) in asset.sub_assets.iter_mut().zip(record.points) {
        let Point { id, version, created_at, updated_at, .. } = point;
        sub_asset.id = id;
        sub_asset.version = version;
        sub_asset.created_at = created_at.to_string();
        sub_asset.updated_at = updated_at.to_string();
    }
    asset.sub_assets.extend(record.children.into_iter().map(child));
    v1::Asset {
        id: record.id,
        organization_id: record.organization_id,
        version: record.version,
        digest: record.digest,
        created_at: record.created_at.to_string(),
        updated_at: record.updated_at.to_string(),
        ..asset
    }
}

/// A child device as a part of its parent.
pub(super) fn child(record: DeviceRecord) -> v1::SubAsset {
    let device = asset(record);
    v1::SubAsset {
        id: device.id.clone(),
        parent_sn: device.parent_sn.clone(),
        version: device.version,
        created_at: device.created_at.clone(),
        updated_at: device.updated_at.clone(),
        part: Some(Part::Device(device)),
    }
}

/// The data point of that name as a part of its device.
pub(super) fn point(record: DeviceRecord, name: &str) -> Option<v1::SubAsset> {
    let index = record.device.assets.iter().position(|asset| asset.name == name)?;
    asset(DeviceRecord { children: Vec::new(), ..record }).sub_assets.into_iter().nth(index)
}
