//! Parts of devices: data points and child devices that come and go one by one.

use edge_proto::Asset;
use edge_proto::connector::v1::sub_asset::Part as Sent;
use edge_proto::connector::v1::{
    AddSubAssetRequest, RemoveSubAssetRequest, RemoveSubAssetResponse, SubAsset,
};
use tonic::Status;

use super::assets::missing;
use super::auth::Caller;
use super::convert;
use super::declare::{Path, Reader, check_name};
use super::service::Connector;
use super::status::{Subject, failed, not_found};
use crate::store::{Declared, DeviceRecord, Draft, EditError, Extent, Key, Part};

const SUB_ASSET: &str = "sub_asset";

/// What is to be added.
enum New {
    Point(Asset),
    Device(Declared),
}

impl Connector {
    pub(super) async fn add(&self, caller: &Caller, request: AddSubAssetRequest) -> Result<SubAsset, Status> {
        let AddSubAssetRequest { parent_sn, sub_asset } = request;
        check_name("parent_sn", &parent_sn)?;
        let new = read(&parent_sn, sub_asset.ok_or_else(|| missing(SUB_ASSET))?)?;
        caller.authorize_found(&parent_sn, "device", "sn", &parent_sn).await?;
        let subject = Subject::device("sub_asset.device.", &parent_sn);
        let added = match new {
            New::Point(asset) => self.add_point(&parent_sn, asset).await,
            New::Device(declared) => {
                self.platform.store.add_child(&parent_sn, &declared).await.map(convert::child)
            }
        };
        added.map_err(|error| subject.refused(error))
    }

    async fn add_point(&self, parent_sn: &str, asset: Asset) -> Result<SubAsset, EditError> {
        let name = asset.name.clone();
        let add = |_: &DeviceRecord, draft: &mut Draft| {
            if let Some(found) = draft.device.assets.iter().find(|a| a.name.eq_ignore_ascii_case(&asset.name))
            {
                let (device, name) = (draft.device.sn.clone(), found.name.clone());
                return Err(EditError::AssetTaken { device, name });
            }
            draft.device.assets.push(asset);
            Ok(())
        };
        let record = self.platform.store.edit(Key::Sn(parent_sn), 0, Extent::Own, add).await?;
        convert::point(record, &name).ok_or(EditError::NotFound)
    }

    pub(super) async fn remove(
        &self,
        caller: &Caller,
        request: RemoveSubAssetRequest,
    ) -> Result<RemoveSubAssetResponse, Status> {
        const WHAT: &str = "sub-asset";
        let RemoveSubAssetRequest { id, version } = request;
        check_name("id", &id)?;
        let store = &self.platform.store;
        let part = store.part(&id).await.map_err(failed)?.ok_or_else(|| not_found(WHAT, "id", &id))?;
        let (Part::Point { device: sn } | Part::Child { sn }) = &part;
        caller.authorize_found(sn, WHAT, "id", &id).await?;
        let removed = match &part {
            Part::Point { device } => store.remove_point(device, &id, version).await,
            Part::Child { .. } => self.platform.delete_device(&id, version).await,
        };
        let subject = Subject { prefix: "", what: WHAT, field: "id", value: &id };
        removed.map_err(|error| subject.refused(error))?;
        Ok(RemoveSubAssetResponse {})
    }
}

fn read(parent_sn: &str, sub_asset: SubAsset) -> Result<New, Status> {
    let mut reader = Reader::default();
    let path = Path::new(SUB_ASSET);
    let new = match reader.part(path, parent_sn, sub_asset) {
        Some(Sent::DataPoint(point)) => reader.point(path.field("data_point"), point).map(New::Point),
        Some(Sent::Device(device)) => {
            let device = reader.device(path.field("device"), device, Some(parent_sn), 2);
            Some(New::Device(device))
        }
        None => None,
    };
    reader.finish(new)?.ok_or_else(|| missing(SUB_ASSET))
}
