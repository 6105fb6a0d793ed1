//! The HTTP API, in AllThingsTalk's shapes. The only folder that names axum.
//!
//! | method path | reply |
//! |---|---|
//! | GET `/health` | 200 `{"status":"ok"}`; 503 when the broker or the store is away |
//! | GET `/devices` | 200 array of devices, without assets |
//! | GET `/device/{id}` | 200 device with its presence |
//! | GET `/device/{id}/assets` | 200 array of assets with their states |
//! | GET `/device/{id}/asset/{name}` | 200 asset |
//! | GET `/device/{id}/asset/{name}/state` | 200 `{"id","state":{"at","value"}}`; 404 when it was never set |
//! | GET `/device/{id}/asset/{name}/states`, GET `/asset/{assetId}/states` | `?from=&to=&page=`: 200 `{"data":[{"at","data"},..]}` |
//! | PUT `/device/{id}/asset/{name}/command` | `{"value":..,"timeout":"5s"}`: the outcome |
//! | PUT `/device/{id}/command` | `{"values":{..},"timeout":"5s"}`: the outcome |
//!
//! A page of a history has at most 100 states, the newest first; pages are counted from 0, and one behind
//! the last is empty. `from` and `to` are times of RFC 3339 and belong to what is asked for; without an
//! offset they are in UTC.
//!
//! `{id}` is the serial number. A command waits 35 s for its outcome unless `timeout` says otherwise, and
//! expires then; with `"0s"` it is only sent, does not expire, and the reply is 202 `{"id","status":"sent"}`. A
//! device that sends no outcomes answers by reporting the state of what was commanded. Outcomes come as 200 applied, 409 rejected, 502 failed, 504 timeout or no
//! answer. All else is `{"status":int,"error":text}`: 400 malformed, 403 no token or a wrong one (as
//! AllThingsTalk's SDKs expect), 404 unknown, 409 not commandable, 413 too large, 503 away.

mod auth;
mod commands;
mod devices;
mod error;
mod history;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, put};
use axum::serve::ListenerExt as _;
use edge_proto::payload::MAX_BYTES;
use tokio::net::TcpListener;

use crate::platform::Platform;
use crate::task::{Stop, Task, Tasks, stopped};
use error::ApiError;

/// How long a request may take, reading its body included; a command has its own time besides.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves on the listener until `stop`, then finishes the requests that are running.
pub(crate) fn start(listener: TcpListener, platform: Arc<Platform>, stop: Stop, tasks: &Tasks) -> Task {
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
    });
    let router = routes(platform);
    tasks.spawn("http", async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped(stop)).await {
            tracing::error!(%error, "the HTTP API failed");
        }
    })
}

fn routes(platform: Arc<Platform>) -> Router {
    let commands = Router::new()
        .route("/device/{id}/command", put(commands::device))
        .route("/device/{id}/asset/{name}/command", put(commands::asset))
        .layer(middleware::from_fn_with_state(commands::LONGEST + REQUEST_TIMEOUT, limit_time));
    let reads = Router::new()
        .route("/devices", get(devices::all))
        .route("/device/{id}", get(devices::one))
        .route("/device/{id}/assets", get(devices::assets))
        .route("/device/{id}/asset/{name}", get(devices::asset))
        .route("/device/{id}/asset/{name}/state", get(devices::state))
        .route("/device/{id}/asset/{name}/states", get(history::by_name))
        .route("/asset/{id}/states", get(history::by_id))
        .route("/health", get(devices::health))
        .layer(middleware::from_fn_with_state(REQUEST_TIMEOUT, limit_time));
    commands
        .merge(reads)
        .fallback(|| async { ApiError::NotFound("no such path".into()) })
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .with_state(platform)
}

async fn limit_time(
    axum::extract::State(limit): axum::extract::State<Duration>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    tokio::time::timeout(limit, next.run(request)).await.map_err(|_| ApiError::Timeout)
}
