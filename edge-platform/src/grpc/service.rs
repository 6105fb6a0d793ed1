//! The calls of the Connector service.

use std::sync::Arc;

use edge_proto::connector::v1::connector_service_server::ConnectorService;
use edge_proto::connector::v1::{
    Asset, GetAssetBySnRequest, GetAssetRequest, OpenSessionRequest, OpenSessionResponse,
    ReconcileAssetRequest, ReconcileAssetResponse, RegisterAssetRequest, UpdateAssetRequest,
};
use edge_proto::{Asset as DeclaredAsset, Device};
use tonic::{Request, Response, Status};

use super::auth::authorize;
use super::convert::{asset, device, failed, invalid, malformed, refused};
use crate::platform::Platform;
use crate::store::{Draft, Key};

/// Answers from the store.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    platform: Arc<Platform>,
}

impl Connector {
    pub(super) fn new(platform: Arc<Platform>) -> Self {
        Self { platform }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ConnectorService for Connector {
    async fn register_asset(&self, request: Request<RegisterAssetRequest>) -> Answer<Asset> {
        let declared = request.get_ref().asset.clone().ok_or_else(missing)?;
        authorize(&request, &declared.sn)?;
        let organization_id = declared.organization_id.clone();
        let device = device(declared)?;
        device.check().map_err(|error| invalid(&error))?;
        let record = self.platform.store.register(&device, &organization_id).await.map_err(failed)?;
        Ok(Response::new(asset(record)))
    }

    async fn get_asset(&self, request: Request<GetAssetRequest>) -> Answer<Asset> {
        let key = Key::Id(&request.get_ref().id);
        let record = self.platform.store.device(key).await.map_err(failed)?;
        let record = record.ok_or_else(|| not_found("id", &request.get_ref().id))?;
        authorize(&request, &record.device.sn)?;
        Ok(Response::new(asset(record)))
    }

    async fn get_asset_by_sn(&self, request: Request<GetAssetBySnRequest>) -> Answer<Asset> {
        let sn = &request.get_ref().sn;
        authorize(&request, sn)?;
        let record = self.platform.store.device(Key::Sn(sn)).await.map_err(failed)?;
        Ok(Response::new(asset(record.ok_or_else(|| not_found("sn", sn))?)))
    }

    async fn update_asset(&self, request: Request<UpdateAssetRequest>) -> Answer<Asset> {
        let declared = request.get_ref().asset.clone().ok_or_else(missing)?;
        let sn = self.sn_of(&declared).await?;
        authorize(&request, &sn)?;
        let UpdateAssetRequest { update_mask, version, .. } = request.into_inner();
        let fields = fields(&update_mask)?;
        let organization_id = declared.organization_id.clone();
        let device = device(declared)?;
        let change = |draft: &mut Draft| {
            for field in fields {
                field(draft, &device, &organization_id);
            }
        };
        let record = self.platform.store.edit(Key::Sn(&sn), version, change).await.map_err(refused)?;
        Ok(Response::new(asset(record)))
    }

    async fn open_session(&self, request: Request<OpenSessionRequest>) -> Answer<OpenSessionResponse> {
        let sn = &request.get_ref().sn;
        authorize(&request, sn)?;
        let session = self.platform.store.open_session(sn).await.map_err(failed)?;
        let session = session.ok_or_else(|| not_found("sn", sn))?;
        Ok(Response::new(OpenSessionResponse {
            id: session.id,
            session: session.session,
            version: session.version,
            digest: session.digest,
        }))
    }

    async fn reconcile_asset(
        &self,
        request: Request<ReconcileAssetRequest>,
    ) -> Answer<ReconcileAssetResponse> {
        authorize(&request, &request.get_ref().sn)?;
        let ReconcileAssetRequest { sn, version, upsert, delete, device } = request.into_inner();
        let upsert = upsert.into_iter().map(DeclaredAsset::try_from).collect::<Result<Vec<_>, _>>();
        let upsert = upsert.map_err(malformed)?;
        let change = |draft: &mut Draft| {
            if let Some(description) = device {
                draft.device.title = description.name;
                draft.device.description = description.description;
                draft.device.model = description.model;
            }
            draft.device.assets.retain(|asset| !delete.contains(&asset.name));
            for asset in upsert {
                put(&mut draft.device, asset);
            }
        };
        let edit = self.platform.store.edit(Key::Sn(&sn), Some(version), change);
        let record = edit.await.map_err(refused)?;
        Ok(Response::new(ReconcileAssetResponse { version: record.version, digest: record.digest }))
    }
}

impl Connector {
    /// The serial number of the device that a message means: by id, or by serial number without one.
    async fn sn_of(&self, declared: &Asset) -> Result<String, Status> {
        if declared.id.is_empty() {
            return Ok(declared.sn.clone());
        }
        let record = self.platform.store.device(Key::Id(&declared.id)).await.map_err(failed)?;
        Ok(record.ok_or_else(|| not_found("id", &declared.id))?.device.sn)
    }
}

/// Overwrites the asset of that name, or adds it.
fn put(device: &mut Device, asset: DeclaredAsset) {
    match device.assets.iter_mut().find(|found| found.name == asset.name) {
        Some(found) => *found = asset,
        None => device.assets.push(asset),
    }
}

/// Takes one field over into the draft.
type Field = fn(&mut Draft, &Device, &str);

/// The fields that an update mask may name.
const FIELDS: [(&str, Field); 7] = [
    ("name", |draft, device, _| draft.device.title.clone_from(&device.title)),
    ("type", |draft, device, _| draft.device.asset_type = device.asset_type),
    ("vendor", |draft, device, _| draft.device.vendor.clone_from(&device.vendor)),
    ("organization_id", |draft, _, organization_id| organization_id.clone_into(&mut draft.organization_id)),
    ("description", |draft, device, _| draft.device.description.clone_from(&device.description)),
    ("model", |draft, device, _| draft.device.model.clone_from(&device.model)),
    ("sub_assets", |draft, device, _| draft.device.assets.clone_from(&device.assets)),
];

/// What the mask names; an empty one names all.
fn fields(mask: &[String]) -> Result<Vec<Field>, Status> {
    if mask.is_empty() {
        return Ok(FIELDS.map(|(_, field)| field).to_vec());
    }
    let field = |name: &String| {
        let found = FIELDS.iter().find(|(known, _)| known == name).map(|(_, field)| *field);
        found.ok_or_else(|| {
            let known = FIELDS.map(|(name, _)| name).join(", ");
            Status::invalid_argument(format!("update_mask: `{}` is none of {known}", name.escape_debug()))
        })
    };
    mask.iter().map(field).collect()
}

fn missing() -> Status {
    malformed(edge_proto::connector::MessageError::MissingAsset)
}

fn not_found(field: &str, value: &str) -> Status {
    Status::not_found(format!("no device with {field} `{}`", value.escape_debug()))
}
