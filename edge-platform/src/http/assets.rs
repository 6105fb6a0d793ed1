//! Assets: listed, read, declared, deleted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::auth::Caller;
use super::body::Payload;
use super::declaration::AssetPatch;
use super::devices::{edit_error, find, unknown_device};
use super::error::ApiError;
use super::names::Names;
use super::wire;
use crate::platform::Platform;
use crate::store::{Declaration, Existing};

type Shared = State<Arc<Platform>>;
type Declared = Result<(StatusCode, Json<wire::Asset>), ApiError>;

pub(super) async fn all(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
) -> Result<Json<Vec<wire::Asset>>, ApiError> {
    caller.admit(&platform, &id).await?;
    let assets = platform.store.assets(&id).await?.ok_or_else(|| unknown_device(&id))?;
    Ok(Json(assets.into_iter().map(|asset| wire::Asset::new(&id, asset)).collect()))
}

pub(super) async fn one(
    State(platform): Shared,
    caller: Caller,
    Names([id, name]): Names<2>,
) -> Result<Json<wire::Asset>, ApiError> {
    let record = find(&platform, &caller, &id, name).await?;
    Ok(Json(wire::Asset::new(&id, record)))
}

pub(super) async fn create(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
    body: Result<Payload, ApiError>,
) -> Declared {
    caller.authorize_first(&platform, &id).await?;
    let patch = AssetPatch::read(&body?.0)?;
    let name = patch.name()?.to_owned();
    declare(&platform, &caller, &id, &name, Existing::Refuse, patch).await
}

/// The name in the path counts.
pub(super) async fn put(
    State(platform): Shared,
    caller: Caller,
    Names([id, name]): Names<2>,
    body: Result<Payload, ApiError>,
) -> Declared {
    caller.authorize_first(&platform, &id).await?;
    let patch = AssetPatch::read(&body?.0)?;
    declare(&platform, &caller, &id, &name, Existing::Change, patch).await
}

async fn declare(
    platform: &Platform,
    caller: &Caller,
    id: &str,
    name: &str,
    existing: Existing,
    patch: AssetPatch,
) -> Declared {
    caller.admit(platform, id).await?;
    let declared = platform.store.declare_asset(id, name, existing, |before| patch.apply(name, before)).await;
    let (declaration, record) = declared.map_err(|error| edit_error(id, error))?;
    let code = match declaration {
        Declaration::Created => StatusCode::CREATED,
        Declaration::Updated => StatusCode::OK,
    };
    Ok((code, Json(wire::Asset::new(id, record))))
}

pub(super) async fn delete(
    State(platform): Shared,
    caller: Caller,
    Names([id, name]): Names<2>,
) -> Result<StatusCode, ApiError> {
    let record = find(&platform, &caller, &id, name).await?;
    platform.store.remove_point(&id, &record.id, 0).await?;
    Ok(StatusCode::NO_CONTENT)
}
