//! Commands over HTTP: the request waits for the outcome.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use edge_proto::payload::{self, ARGUMENTS, Command, Outcome, PayloadError, Status, VALUE, VALUES};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::auth::Caller;
use super::body::Payload;
use super::devices::find_by_id;
use super::error::ApiError;
use super::names::Names;
use crate::command::{CommandError, Wanted};
use crate::platform::Platform;

/// How long a command waits when the caller does not say: longer than a device lets its handler take, so
/// that it is the device that says so.
const DEFAULT: Duration = Duration::from_secs(35);
/// The most that a caller may ask for.
pub(super) const LONGEST: Duration = Duration::from_secs(300);

const TIMEOUT: &str = "timeout";
/// The status of a command for whose outcome nobody waits.
const SENT: &str = "sent";

type Body = Result<Payload, ApiError>;

pub(super) async fn asset(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
    Names([id, name]): Names<2>,
    body: Body,
) -> Result<Response, ApiError> {
    let body = allowed(&platform, &caller, &id, body).await?;
    one(&platform, &id, &name, &body).await
}

pub(super) async fn by_id(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
    Names([id]): Names<1>,
    body: Body,
) -> Result<Response, ApiError> {
    let (device, record) = find_by_id(&platform, &caller, &id).await?;
    one(&platform, &device, &record.asset.name, &body?.0).await
}

/// The body of a request by who may command the device.
async fn allowed(platform: &Platform, caller: &Caller, device: &str, body: Body) -> Result<Bytes, ApiError> {
    caller.authorize(platform, device).await?;
    Ok(body?.0)
}

async fn one(platform: &Platform, device: &str, asset: &str, body: &[u8]) -> Result<Response, ApiError> {
    let command = read(body)?;
    let value = command.value.ok_or(PayloadError::Missing(VALUE))?;
    run(platform, device, Wanted::Asset(asset, &value), timeout(body)?).await
}

pub(super) async fn device(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
    Names([id]): Names<1>,
    body: Body,
) -> Result<Response, ApiError> {
    let body = allowed(&platform, &caller, &id, body).await?;
    let values = read(&body)?.values;
    if values.is_empty() {
        return Err(PayloadError::Missing(VALUES).into());
    }
    run(&platform, &id, Wanted::Assets(&values), timeout(&body)?).await
}

pub(super) async fn action(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
    Names([id, name]): Names<2>,
    body: Body,
) -> Result<Response, ApiError> {
    let body = allowed(&platform, &caller, &id, body).await?;
    // An action without arguments needs no body.
    let body = if body.trim_ascii().is_empty() { &b"{}"[..] } else { &body };
    let command = read(body)?;
    if command.value.is_some() {
        return Err(ApiError::BadRequest(format!("an action has `{ARGUMENTS}`, and no `{VALUE}`")));
    }
    run(&platform, &id, Wanted::Action(&name, &command.arguments), timeout(body)?).await
}

/// Sends it and waits; without a time to wait, only sends it.
async fn run(
    platform: &Platform,
    device: &str,
    wanted: Wanted<'_>,
    timeout: Duration,
) -> Result<Response, ApiError> {
    if timeout.is_zero() {
        let id = platform.send_only(device, wanted).await?;
        return Ok((StatusCode::ACCEPTED, Json(json!({ "id": id, "status": SENT }))).into_response());
    }
    answer(platform.command(device, wanted, timeout).await)
}

fn read(body: &[u8]) -> Result<Command, ApiError> {
    let (command, result) = payload::read_command(body);
    result?;
    Ok(command)
}

/// The member `timeout`, which is for the platform and not for the device.
fn timeout(body: &[u8]) -> Result<Duration, ApiError> {
    // Read as a whole, so that what nests too deeply goes no further.
    let body: Value =
        serde_json::from_slice(body).map_err(|error| PayloadError::Malformed(error.to_string()))?;
    // A bare value has no members.
    let members = body.as_object().into_iter().flatten();
    let found = members.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(TIMEOUT));
    let Some((_, value)) = found else { return Ok(DEFAULT) };
    let duration = value.as_str().and_then(|text| text.parse::<SignedDuration>().ok());
    let duration = duration.and_then(|duration| Duration::try_from(duration).ok());
    duration.filter(|duration| *duration <= LONGEST).ok_or_else(|| {
        ApiError::BadRequest(format!(
            "`{TIMEOUT}` must be a text like \"5s\", at most \"{}s\"",
            LONGEST.as_secs()
        ))
    })
}

/// The outcome as JSON; its status says the same as the code.
fn answer(result: Result<Outcome, CommandError>) -> Result<Response, ApiError> {
    let outcome = match result {
        Err(CommandError::NoAnswer { ref id, .. }) => {
            let id = id.clone();
            let reason = result.as_ref().err().map(CommandError::to_string);
            Outcome { id, status: Status::Timeout, value: None, reason }
        }
        other => other?,
    };
    let code = match outcome.status {
        Status::Applied => StatusCode::OK,
        Status::Rejected => StatusCode::CONFLICT,
        Status::Failed => StatusCode::BAD_GATEWAY,
        Status::Timeout => StatusCode::GATEWAY_TIMEOUT,
    };
    Ok((code, Json(outcome)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<Duration>) {
        assert_eq!(timeout(body.as_bytes()).ok(), expected, "{body}");
    }

    #[test]
    fn the_timeout_is_a_duration_within_limits() {
        check("5", Some(DEFAULT));
        check(r#"{"value":1}"#, Some(DEFAULT));
        check(r#"{"value":1,"timeout":"250ms"}"#, Some(Duration::from_millis(250)));
        check(r#"{"value":1,"Timeout":"PT5S"}"#, Some(Duration::from_secs(5)));
        check(r#"{"value":1,"timeout":"0s"}"#, Some(Duration::ZERO));
        for bad in ["5", "\"\"", "\"-1s\"", "\"301s\"", "\"soon\"", "null"] {
            check(&format!(r#"{{"value":1,"timeout":{bad}}}"#), None);
        }
    }
}
