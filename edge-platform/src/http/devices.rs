//! Reading devices, assets and states.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::auth::Caller;
use super::error::ApiError;
use super::wire;
use crate::command::CommandError;
use crate::platform::Platform;
use crate::store::{AssetRecord, Key};

type Shared = State<Arc<Platform>>;
type Answer<T> = Result<Json<T>, ApiError>;

pub(super) async fn health(State(platform): Shared) -> (StatusCode, Json<Value>) {
    let store = platform.store.ping().await.is_ok();
    let broker = platform.link.is_up();
    let word = |is_ok| if is_ok { "ok" } else { "unavailable" };
    let status = if store && broker { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "status": word(store && broker), "store": word(store), "broker": word(broker) });
    (status, Json(body))
}

pub(super) async fn all(State(platform): Shared, caller: Caller) -> Answer<Vec<wire::Device>> {
    let devices = platform.store.devices(caller.scope()).await?;
    Ok(Json(devices.into_iter().map(wire::Device::from).collect()))
}

pub(super) async fn one(
    State(platform): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<wire::Device> {
    caller.authorize(&platform, &id).await?;
    let record = platform.store.header(Key::Sn(&id)).await?;
    Ok(Json(record.ok_or(CommandError::UnknownDevice { device: id })?.into()))
}

pub(super) async fn assets(
    State(platform): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Vec<wire::Asset>> {
    caller.authorize(&platform, &id).await?;
    let assets = platform.store.assets(&id).await?;
    let assets = assets.ok_or_else(|| CommandError::UnknownDevice { device: id.clone() })?;
    Ok(Json(assets.into_iter().map(|asset| wire::Asset::new(&id, asset)).collect()))
}

pub(super) async fn asset(
    State(platform): Shared,
    caller: Caller,
    Path((id, name)): Path<(String, String)>,
) -> Answer<wire::Asset> {
    let record = find(&platform, &caller, &id, name).await?;
    Ok(Json(wire::Asset::new(&id, record)))
}

pub(super) async fn state(
    State(platform): Shared,
    caller: Caller,
    Path((id, name)): Path<(String, String)>,
) -> Answer<wire::State> {
    let record = find(&platform, &caller, &id, name).await?;
    let never = || ApiError::NotFound(format!("`{}` of `{id}` was never set", record.asset.name));
    let state = record.state.ok_or_else(never)?;
    Ok(Json(wire::State { id: record.id, state }))
}

pub(super) async fn find(
    platform: &Platform,
    caller: &Caller,
    id: &str,
    name: String,
) -> Result<AssetRecord, ApiError> {
    caller.authorize(platform, id).await?;
    if let Some(record) = platform.store.asset(id, &name).await? {
        return Ok(record);
    }
    let device = id.to_owned();
    Err(if platform.store.is_registered(id).await? {
        CommandError::UnknownAsset { device, asset: name }.into()
    } else {
        CommandError::UnknownDevice { device }.into()
    })
}
