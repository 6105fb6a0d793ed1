//! Devices: read, changed, deleted. And who finds what in paths.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::auth::Caller;
use super::body::Payload;
use super::declaration::DevicePatch;
use super::error::ApiError;
use super::names::Names;
use super::wire;
use crate::command::CommandError;
use crate::platform::Platform;
use crate::store::{AssetRecord, DeviceRecord, Draft, EditError, Extent, Key};
use crate::token::is_organization;

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

pub(super) async fn all(
    State(platform): Shared,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Answer<Vec<wire::Device>> {
    let devices = platform.store.devices(caller.scope()).await?;
    listed(&platform, devices, query.as_deref()).await.map(Json)
}

/// A ground is an organization.
pub(super) async fn of_ground(
    State(platform): Shared,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Answer<wire::Items<wire::Device>> {
    let Path(ground) = path.map_err(|error| ApiError::BadRequest(format!("the path: {error}")))?;
    if !is_organization(&ground) {
        let reason = "the path: a ground's id is not empty, not long, and without control characters";
        return Err(ApiError::BadRequest(reason.into()));
    }
    let devices = caller.devices_of(&platform, &ground).await?;
    Ok(Json(wire::Items { items: listed(&platform, devices, query.as_deref()).await? }))
}

/// With their assets where the query wants them.
async fn listed(
    platform: &Platform,
    devices: Vec<DeviceRecord>,
    query: Option<&str>,
) -> Result<Vec<wire::Device>, ApiError> {
    const INCLUDE: &str = "includeAssets=true";
    let mut pairs = query.unwrap_or_default().split('&');
    if !pairs.any(|pair| pair.eq_ignore_ascii_case(INCLUDE)) {
        return Ok(devices.into_iter().map(wire::Device::from).collect());
    }
    let mut assets = platform.store.assets_of(&devices).await?;
    let with_assets = |device: DeviceRecord| {
        let assets = assets.remove(&device.id).unwrap_or_default();
        wire::Device::from(device).with_assets(assets)
    };
    Ok(devices.into_iter().map(with_assets).collect())
}

pub(super) async fn one(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
) -> Answer<wire::Device> {
    caller.authorize(&platform, &id).await?;
    whole(&platform, &id).await
}

async fn whole(platform: &Platform, id: &str) -> Answer<wire::Device> {
    let record = platform.store.header(Key::Sn(id)).await?.ok_or_else(|| unknown_device(id))?;
    let assets = platform.store.assets(id).await?.ok_or_else(|| unknown_device(id))?;
    Ok(Json(wire::Device::from(record).with_assets(assets)))
}

pub(super) async fn put(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
    body: Result<Payload, ApiError>,
) -> Answer<wire::Device> {
    caller.authorize(&platform, &id).await?;
    let patch = DevicePatch::read(&body?.0)?;
    let change = |_: &DeviceRecord, draft: &mut Draft| {
        patch.apply(&mut draft.device);
        Ok(())
    };
    let edited = platform.store.edit(Key::Sn(&id), 0, Extent::Own, change).await;
    edited.map_err(|error| edit_error(&id, error))?;
    whole(&platform, &id).await
}

pub(super) async fn delete(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
) -> Result<StatusCode, ApiError> {
    caller.authorize(&platform, &id).await?;
    let record = platform.store.header(Key::Sn(&id)).await?.ok_or_else(|| unknown_device(&id))?;
    platform.delete_device(&record.id, 0).await.map_err(|error| edit_error(&id, error))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn unknown_device(id: &str) -> ApiError {
    CommandError::UnknownDevice { device: id.to_owned() }.into()
}

/// Why a change of a device was not made, in the words of a request.
pub(super) fn edit_error(id: &str, error: EditError) -> ApiError {
    match error {
        EditError::NotFound => unknown_device(id),
        other => other.into(),
    }
}

/// An asset by its name, if the caller may see it.
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
    Err(match platform.store.is_registered(id).await? {
        true => CommandError::UnknownAsset { device: id.to_owned(), asset: name }.into(),
        false => unknown_device(id),
    })
}

/// An asset by its id, if the caller may see it, and the serial number of its device.
pub(super) async fn find_by_id(
    platform: &Platform,
    caller: &Caller,
    id: &str,
) -> Result<(String, AssetRecord), ApiError> {
    let unknown = || ApiError::NotFound(format!("no asset with the id `{id}`"));
    let (device, record) = platform.store.asset_by_id(id).await?.ok_or_else(unknown)?;
    match caller.authorize(platform, &device).await {
        // Not a word of whose it is, or that it is.
        Err(ApiError::Forbidden | ApiError::Command(CommandError::UnknownDevice { .. })) => Err(unknown()),
        other => other.map(|()| (device, record)),
    }
}
