//! The HTTP API, in AllThingsTalk's shapes. The only folder that names axum and hyper.
//!
//! | method path | reply |
//! |---|---|
//! | GET `/health` | 200 `{"status":"ok"}`; 503 when the broker or the store is away |
//! | GET `/metrics` | 200 figures as Prometheus reads them; with tokens, for a token for everything |
//! | GET `/devices` | 200 array of devices; with their assets by `?includeAssets=true` |
//! | GET `/ground/{organization}/devices` | 200 `{"items":[..]}`, as above |
//! | GET `/device/{id}` | 200 device with its presence and its assets |
//! | PUT `/device/{id}` | name or title, description, type; 200 device |
//! | DELETE `/device/{id}` | 204 |
//! | GET `/device/{id}/assets` | 200 array of assets with their states |
//! | POST `/device/{id}/assets` | 201 asset; 400 when there is one of that name |
//! | GET `/device/{id}/asset/{name}` | 200 asset |
//! | PUT `/device/{id}/asset/{name}` | 201 new asset, 200 changed one: what is not said stays |
//! | DELETE `/device/{id}/asset/{name}` | 204 |
//! | GET `/device/{id}/state` | 200 `{asset:{"at","value"},..}` of those that were set |
//! | PUT `/device/{id}/state` | the same; all of them are stored, or none |
//! | GET `/device/{id}/asset/{name}/state` | 200 `{"id","state":{"at","value"}}`; 404 when it was never set |
//! | PUT `/device/{id}/asset/{name}/state` | `{"value":..,"at":..}`; 200 as above |
//! | GET, PUT `/asset/{assetId}/state` | as above |
//! | GET `/device/{id}/asset/{name}/states`, GET `/asset/{assetId}/states` | `?from=&to=&page=`: 200 `{"data":[{"at","data"},..]}` |
//! | PUT `/device/{id}/asset/{name}/command` | `{"value":..,"timeout":"5s"}`: the outcome |
//! | PUT `/asset/{assetId}/command` | as above |
//! | PUT `/device/{id}/command` | `{"values":{..},"timeout":"5s"}`: the outcome |
//! | POST `/device/{id}/action/{name}` | `{"arguments":{..},"timeout":"5s"}`: the outcome |
//! | GET `/device/{id}/alerts` | `?from=&to=&page=&name=&severity=`: 200 `{"data":[{"at","alert","severity","description","value","session","seq"},..]}` of at least that severity |
//! | GET `/device/{id}/data` | `?from=&to=&page=&name=`: 200 `{"data":[{"at","format","value","session","seq"},..]}` |
//! | GET `/models` | `?after=URN`: 200 array of models, by URN, at most 100 |
//! | GET `/models/{urn}` | 200 model |
//! | PUT `/models/{urn}` | at most 4 MiB; 201 new model, 200 changed one; with tokens, for one that is for all devices of the model |
//! | GET `/device/{id}/objects` | 200 array of what is said of the device's storage objects |
//! | PUT `/device/{id}/object/{object}` | the content; 201 what is said of it. With `Content-Type`, `Content-Encoding`, `X-Object-Meta-*`, `Repr-Digest` |
//! | GET, HEAD `/device/{id}/object/{object}` | the content; 206 with `Range`; 412 with an `If-Match` that does not |
//! | DELETE `/device/{id}/object/{object}` | 204 |
//! | POST `/device/{id}/object/{object}/upload/{upload}` | begins an upload of `Upload-Length`, or goes on: 204 with `Upload-Offset` |
//! | PATCH the same | appends the body at `Upload-Offset`: 204 with the new one; 409 when it is another one |
//! | PUT the same | `{"contentType","encoding","sha256","metadata"}` and `Upload-Length`: 201 what is said of the object; 422 when the digest is another one |
//! | DELETE the same | 204, thrown away |
//!
//! A page of a history has at most 100 states, the newest first; pages are counted from 0, and one behind
//! the last is empty. `from` and `to` are times of RFC 3339 and belong to what is asked for; without an
//! offset they are in UTC.
//!
//! Where there is `"at"`, there may be `"unsynced":true`: the device does not believe the clock that it has the time from.
//!
//! `{id}` is the serial number. Member names are read in any case. A command waits 35 s for its outcome unless
//! `timeout` says otherwise, and expires then; with `"0s"` it is only sent, does not expire, and the reply is
//! 202 `{"id","status":"sent"}`. A device that sends no outcomes answers by reporting the state of what was
//! commanded. Outcomes come as 200 applied, 409 rejected, 502 failed, 504 timeout or no answer. All else is
//! `{"status":int,"error":text}`: 400 malformed, or does not fit; 403 no token or a wrong one (as
//! AllThingsTalk's SDKs expect); 404 unknown; 405 wrong method; 408 too slow; 409 not commandable; 413 too
//! large; 412, 416, 422 another object, no such part, another digest; 507 no room; 503 away.

mod assets;
mod auth;
mod body;
mod commands;
mod declaration;
mod devices;
mod error;
mod history;
mod metrics;
mod models;
mod names;
mod objects;
mod reports;
mod serve;
mod states;
mod time;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post, put};
use tokio::net::TcpListener;

use crate::counts::Counters;
use crate::platform::Platform;
use crate::task::{Stop, Task, Tasks};
use error::ApiError;

/// How long a request may take, reading its body included; a command has its own time besides.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves on the listener until `stop`, then finishes the requests that are running.
pub(crate) fn start(listener: TcpListener, platform: Arc<Platform>, stop: Stop, tasks: &Tasks) -> Task {
    let counters = Arc::clone(&platform.counters);
    tasks.spawn("http", serve::run(listener, routes(platform), counters, stop))
}

fn routes(platform: Arc<Platform>) -> Router {
    let commands = Router::new()
        .route("/device/{id}/command", put(commands::device))
        .route("/device/{id}/asset/{name}/command", put(commands::asset))
        .route("/asset/{id}/command", put(commands::by_id))
        .route("/device/{id}/action/{name}", post(commands::action))
        .layer(middleware::from_fn_with_state(commands::LONGEST + REQUEST_TIMEOUT, limit_time));
    let others = Router::new()
        .route("/devices", get(devices::all))
        .route("/ground/{id}/devices", get(devices::of_ground))
        .route("/device/{id}", get(devices::one).put(devices::put).delete(devices::delete))
        .route("/device/{id}/assets", get(assets::all).post(assets::create))
        .route("/device/{id}/asset/{name}", get(assets::one).put(assets::put).delete(assets::delete))
        .route("/device/{id}/asset/{name}/state", get(states::of_asset).put(states::set))
        .route("/device/{id}/asset/{name}/states", get(history::by_name))
        .route("/asset/{id}/states", get(history::by_id))
        .route("/device/{id}/state", get(states::of_device).put(states::set_many))
        .route("/asset/{id}/state", get(states::by_id).put(states::set_by_id))
        .route("/device/{id}/model", get(models::of_device))
        .route("/device/{id}/alerts", get(reports::alerts))
        .route("/device/{id}/data", get(reports::data))
        .route("/models", get(models::all))
        .route("/models/{urn}", get(models::get).put(models::put))
        .route("/health", get(devices::health))
        .route("/metrics", get(metrics::all))
        .layer(middleware::from_fn_with_state(REQUEST_TIMEOUT, limit_time));
    // As long as something comes: see `objects`.
    let contents = Router::new()
        .route("/device/{id}/objects", get(objects::all))
        .route("/device/{id}/object/{object}", get(objects::get).put(objects::put).delete(objects::delete))
        .route(
            "/device/{id}/object/{object}/upload/{upload}",
            post(objects::begin).patch(objects::append).put(objects::complete).delete(objects::abandon),
        );
    commands
        .merge(others)
        .merge(contents)
        .fallback(|| async { ApiError::NotFound("no such path".into()) })
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(middleware::from_fn_with_state(Arc::clone(&platform.counters), count))
        .with_state(platform)
}

async fn count(
    axum::extract::State(counters): axum::extract::State<Arc<Counters>>,
    request: Request,
    next: Next,
) -> Response {
    let reply = next.run(request).await;
    counters.http_reply(reply.status().as_u16());
    reply
}

async fn limit_time(
    axum::extract::State(limit): axum::extract::State<Duration>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    tokio::time::timeout(limit, next.run(request)).await.map_err(|_| ApiError::Timeout)
}
