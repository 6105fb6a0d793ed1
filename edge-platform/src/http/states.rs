//! States: read, and set by whoever does not speak MQTT.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use edge_proto::{name, payload};
use jiff::Timestamp;

use super::auth::Caller;
use super::body::Payload;
use super::devices::{find, find_by_id, unknown_device};
use super::error::ApiError;
use super::names::Names;
use super::wire;
use crate::ingest;
use crate::platform::Platform;
use crate::set::{Refused, SetError};
use crate::store::AssetRecord;

type Shared = State<Arc<Platform>>;
type Body = Result<Payload, ApiError>;
type Answer<T> = Result<Json<T>, ApiError>;

pub(super) async fn of_asset(
    State(platform): Shared,
    caller: Caller,
    Names([id, name]): Names<2>,
) -> Answer<wire::State> {
    newest(&id, find(&platform, &caller, &id, name).await?)
}

pub(super) async fn by_id(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
) -> Answer<wire::State> {
    let (device, record) = find_by_id(&platform, &caller, &id).await?;
    newest(&device, record)
}

fn newest(device: &str, record: AssetRecord) -> Answer<wire::State> {
    let never = || ApiError::NotFound(format!("`{}` of `{device}` was never set", record.asset.name));
    let state = record.state.ok_or_else(never)?;
    Ok(Json(wire::State { id: record.id, state }))
}

pub(super) async fn of_device(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
) -> Answer<wire::States> {
    caller.authorize(&platform, &id).await?;
    let assets = platform.store.assets(&id).await?.ok_or_else(|| unknown_device(&id))?;
    let states = assets.into_iter().filter_map(|asset| Some((asset.asset.name, asset.state?)));
    Ok(Json(wire::States(states.collect())))
}

pub(super) async fn set(
    State(platform): Shared,
    caller: Caller,
    Names([id, name]): Names<2>,
    body: Body,
) -> Answer<wire::State> {
    caller.authorize_first(&platform, &id).await?;
    let state = payload::read_state(&body?.0)?;
    caller.admit(&platform, &id).await?;
    let record = find(&platform, &caller, &id, name).await?;
    set_one(&platform, &id, record, state).await
}

pub(super) async fn set_by_id(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
    body: Body,
) -> Answer<wire::State> {
    let (device, record) = find_by_id(&platform, &caller, &id).await?;
    let state = payload::read_state(&body?.0)?;
    set_one(&platform, &device, record, state).await
}

async fn set_one(
    platform: &Platform,
    device: &str,
    record: AssetRecord,
    state: payload::State,
) -> Answer<wire::State> {
    let reading = ingest::reading(device, &record.asset.name, state, Timestamp::now())?;
    if let Some((_, state)) = platform.set_states(&[reading]).await?.pop() {
        return Ok(Json(wire::State { id: record.id, state }));
    }
    // A newer one is there, and is the answer.
    let now = platform.store.asset(device, &record.asset.name).await?;
    newest(device, now.unwrap_or(record))
}

/// All of them, or none.
pub(super) async fn set_many(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
    body: Body,
) -> Answer<wire::States> {
    caller.authorize_first(&platform, &id).await?;
    let states = payload::read_states(&body?.0)?;
    let now = Timestamp::now();
    let mut readings = Vec::with_capacity(states.len());
    let mut refused = Vec::new();
    for (asset, state) in states {
        let reading = name::check(&asset)
            .map_err(|error| error.to_string())
            .and_then(|()| ingest::reading(&id, &asset, state, now).map_err(|refusal| refusal.to_string()));
        match reading {
            Ok(reading) => readings.push(reading),
            Err(reason) => refused.push(Refused { asset: asset.escape_debug().to_string(), reason }),
        }
    }
    if !refused.is_empty() {
        return Err(SetError::Refused(refused).into());
    }
    caller.admit(&platform, &id).await?;
    if !platform.store.is_registered(&id).await? {
        return Err(unknown_device(&id));
    }
    Ok(Json(wire::States(platform.set_states(&readings).await?)))
}
