//! Devices as wholes: registered, looked up, deleted, started.

use edge_proto::Opening;
use edge_proto::connector::v1::{
    self, Asset, DeleteAssetRequest, DeleteAssetResponse, OpenSessionRequest, OpenSessionResponse,
    RegisterAssetRequest,
};
use tonic::Status;

use super::auth::Caller;
use super::convert;
use super::declare::{self, check_name};
use super::service::Connector;
use super::status::{Subject, denied, failed, invalid, not_found, shown};
use crate::authority::Permission;
use crate::store::{Declared, DeviceRecord, Key, Registered};
use crate::token::Access;

/// The request without what it is about.
pub(super) fn missing(field: &'static str) -> Status {
    invalid(field, "the field is missing")
}

impl Connector {
    pub(super) async fn register(
        &self,
        caller: &Caller,
        request: RegisterAssetRequest,
    ) -> Result<Asset, Status> {
        let asset = request.asset.ok_or_else(|| missing("asset"))?;
        let wanted = asset.organization_id.clone();
        let declared = declare::device("asset", asset)?;
        let organization_id = caller.organization("asset.organization_id", &wanted, "")?.unwrap_or_default();
        self.may_register(caller, &declared).await?;
        let sn = &declared.device.sn;
        let registered = self.platform.store.register(&declared, &organization_id).await;
        match registered.map_err(|error| Subject::device("asset.", sn).refused(error))? {
            Registered::New(record) => Ok(convert::asset(record)),
            Registered::Existing(record) => {
                existing(caller, &record).await?;
                Ok(convert::asset(record))
            }
        }
    }

    /// Whether the caller may register what is not there yet. What is there is judged when it is found.
    async fn may_register(&self, caller: &Caller, declared: &Declared) -> Result<(), Status> {
        let Declared { device, .. } = declared;
        let (is_ours, result) = match (&caller.access, &device.parent) {
            (Access::All, _) => return Ok(()),
            (_, Some(parent)) => {
                let result = caller.authorize_parent("asset.parent_sn", parent).await;
                (result.is_ok(), result)
            }
            (Access::Device(own), None) if own.as_str() != device.sn => {
                let message = format!("the token is for another device than `{}`", device.sn);
                (false, Err(denied(message)))
            }
            (_, None) => return Ok(()),
        };
        if is_ours || self.platform.store.is_registered(&device.sn).await.map_err(failed)? {
            return Ok(());
        }
        result
    }

    pub(super) async fn get(&self, caller: &Caller, id: &str) -> Result<Asset, Status> {
        let record = self.find(caller, id).await?;
        Ok(convert::asset(record))
    }

    /// A device by its id, if the caller may see it.
    async fn find(&self, caller: &Caller, id: &str) -> Result<DeviceRecord, Status> {
        check_name("id", id)?;
        let record = self.platform.store.device(Key::Id(id)).await.map_err(failed)?;
        let record = record.ok_or_else(|| not_found("device", "id", id))?;
        caller.authorize_found(&record.device.sn, "device", "id", id).await?;
        Ok(record)
    }

    pub(super) async fn get_by_sn(&self, caller: &Caller, sn: &str) -> Result<Asset, Status> {
        check_name("sn", sn)?;
        caller.authorize(sn).await?;
        let record = self.platform.store.device(Key::Sn(sn)).await.map_err(failed)?;
        Ok(convert::asset(record.ok_or_else(|| not_found("device", "sn", sn))?))
    }

    pub(super) async fn delete(
        &self,
        caller: &Caller,
        request: DeleteAssetRequest,
    ) -> Result<DeleteAssetResponse, Status> {
        let DeleteAssetRequest { id, version } = request;
        check_name("id", &id)?;
        let record = self.platform.store.header(Key::Id(&id)).await.map_err(failed)?;
        let sn = record.ok_or_else(|| not_found("device", "id", &id))?.device.sn;
        caller.authorize_found(&sn, "device", "id", &id).await?;
        let subject = Subject { prefix: "", what: "device", field: "id", value: &id };
        self.platform.delete_device(&id, version).await.map_err(|error| subject.refused(error))?;
        Ok(DeleteAssetResponse {})
    }

    pub(super) async fn start_session(
        &self,
        caller: &Caller,
        request: OpenSessionRequest,
    ) -> Result<OpenSessionResponse, Status> {
        let OpenSessionRequest { sn, document_digest, opening } = request;
        check_name("sn", &sn)?;
        let document = match document_digest.as_str() {
            "" => None,
            digest => Some(digest.parse().map_err(|error| invalid("document_digest", error))?),
        };
        let opening = match v1::Opening::try_from(opening) {
            Ok(v1::Opening::Start) => Opening::Start(document),
            Ok(v1::Opening::Ask) => Opening::Ask(document),
            Ok(v1::Opening::Look) => Opening::Look,
            Err(_) => return Err(invalid("opening", format_args!("{opening} is no opening"))),
        };
        caller.authorize(&sn).await?;
        let session = self.platform.store.open_session(&sn, opening).await.map_err(failed)?;
        let session = session.ok_or_else(|| not_found("device", "sn", &sn))?;
        Ok(OpenSessionResponse {
            id: session.id,
            session: session.session,
            version: session.version,
            digest: session.digest,
            document_counts: session.document_counts,
            document_known: session.document_known,
        })
    }
}

/// Whether the caller may have what was registered before.
async fn existing(caller: &Caller, record: &DeviceRecord) -> Result<(), Status> {
    let sn = &record.device.sn;
    match caller.permission(sn).await? {
        Permission::Granted => Ok(()),
        Permission::Denied => Err(denied(format!("the token is for another device than `{}`", shown(sn)))),
        Permission::Unseen => {
            Err(Status::already_exists(format!("the serial number `{}` is taken", shown(sn))))
        }
    }
}
