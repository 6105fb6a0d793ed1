//! Between the store's records and the Connector's messages, and from errors to status codes.

use edge_proto::Device;
use edge_proto::connector::MessageError;
use edge_proto::connector::v1::{self, sub_asset::Part};
use edge_proto::model::ModelError;
use tonic::Status;

use crate::store::{DeviceRecord, EditError, StoreError};

/// A registered device as it goes over the wire.
pub(super) fn asset(record: DeviceRecord) -> v1::Asset {
    let mut asset = v1::Asset::from(&record.device);
    for (sub_asset, id) in asset.sub_assets.iter_mut().zip(record.asset_ids) {
        sub_asset.id = id;
    }
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

/// A device as a caller declares it.
pub(super) fn device(asset: v1::Asset) -> Result<Device, Status> {
    if asset.sub_assets.iter().any(|sub| matches!(sub.part, Some(Part::Device(_)))) {
        return Err(Status::unimplemented("sub_assets: child devices are registered on their own"));
    }
    Device::try_from(asset).map_err(malformed)
}

/// A message that is no device.
pub(super) fn malformed(error: MessageError) -> Status {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Status::invalid_argument(format!("{error}{cause}"))
}

/// A device that breaks the rules.
pub(super) fn invalid(error: &ModelError) -> Status {
    let field = match error {
        ModelError::SerialNumber(_) => "sn",
        _ => "sub_assets",
    };
    Status::invalid_argument(format!("{field}: {error}"))
}

/// The caller is told that it was not its fault; the log is told why.
pub(super) fn failed(error: StoreError) -> Status {
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    tracing::error!(%error, ?cause, "the store failed");
    match error {
        StoreError::Database { .. } => Status::unavailable("the store cannot be reached, try again"),
        _ => Status::internal("the store failed"),
    }
}

/// Why a change was not made.
pub(super) fn refused(error: EditError) -> Status {
    match error {
        EditError::NotFound => Status::not_found(error.to_string()),
        EditError::Conflict { .. } => Status::aborted(error.to_string()),
        EditError::Invalid(error) => invalid(&error),
        EditError::Store(error) => failed(error),
    }
}
