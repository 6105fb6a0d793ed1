//! Alerts and data of a device.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use edge_proto::payload::{FormatKind, Severity, UnknownSeverity};
use serde::Serialize;

use super::auth::Caller;
use super::devices::unknown_device;
use super::error::ApiError;
use super::history::{Asked, span, wanted};
use super::names::Names;
use crate::platform::Platform;
use crate::store::{Filter, StoredReport};

const NAME: &str = "name";
const SEVERITY: &str = "severity";

/// A page of them.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    data: Vec<StoredReport>,
}

pub(super) async fn alerts(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
    Names([id]): Names<1>,
    asked: Asked,
) -> Result<Json<Page>, ApiError> {
    page(&platform, &caller, &id, FormatKind::Alert, asked).await
}

pub(super) async fn data(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
    Names([id]): Names<1>,
    asked: Asked,
) -> Result<Json<Page>, ApiError> {
    page(&platform, &caller, &id, FormatKind::Data, asked).await
}

async fn page(
    platform: &Platform,
    caller: &Caller,
    device: &str,
    kind: FormatKind,
    asked: Asked,
) -> Result<Json<Page>, ApiError> {
    caller.authorize(platform, device).await?;
    if !platform.store.is_registered(device).await? {
        return Err(unknown_device(device));
    }
    let asked = asked.map_err(|rejection| ApiError::BadRequest(rejection.body_text()))?.0;
    let bad = |error: UnknownSeverity| ApiError::BadRequest(format!("`{SEVERITY}`: {error}"));
    let severity = wanted(&asked, SEVERITY).map_or(Ok(Severity::Low), str::parse).map_err(bad)?;
    let name = wanted(&asked, NAME).map(str::to_owned);
    if let Some(Err(error)) = name.as_deref().map(edge_proto::name::check) {
        return Err(ApiError::BadRequest(format!("`{NAME}`: {error}")));
    }
    let filter = Filter { kind, name, severity, span: span(&asked)? };
    Ok(Json(Page { data: platform.store.reports(device, &filter).await? }))
}
