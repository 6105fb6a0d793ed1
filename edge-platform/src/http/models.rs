//! Documents about models of devices: kept as they come, by their URN, and by what devices say that they are of.
//!
//! They are the caller's: an organization's token, and a device's, sees those of its organization, and no others. A token for
//! everything names the organization with `?organization=`; without it they are those of no organization.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use edge_proto::document::{self, ModelDocument};
use edge_proto::payload::PayloadError;
use serde_json::Value;
use serde_json::value::RawValue;

use super::auth::Caller;
use super::body::Payload;
use super::devices::unknown_device;
use super::error::ApiError;
use super::history::{Asked, wanted};
use super::names::Names;
use crate::platform::Platform;
use crate::store::{Put, Shelf};

/// The most bytes of a document: a device may have as many assets as fit into what registers it, and each says more here.
const MAX_BYTES: usize = 4 * 1024 * 1024;

const URN: &str = "urn";
const ORGANIZATION: &str = "organization";
const AFTER: &str = "after";

type Shared = State<Arc<Platform>>;
type Document = Json<Box<RawValue>>;

/// The URN in a path, which has colons and is therefore no name.
type Urn = Result<Path<HashMap<String, String>>, PathRejection>;

fn urn(path: Urn) -> Result<String, ApiError> {
    let Path(mut parameters) =
        path.map_err(|error| ApiError::BadRequest(format!("the path: {}", error.body_text())))?;
    let urn = parameters.remove(URN).unwrap_or_default();
    check(&urn)?;
    Ok(urn)
}

fn check(urn: &str) -> Result<(), ApiError> {
    document::check_urn(urn).map_err(|error| ApiError::BadRequest(format!("the URN {error}")))
}

fn query(asked: Asked) -> Result<HashMap<String, String>, ApiError> {
    Ok(asked.map_err(|rejection| ApiError::BadRequest(rejection.body_text()))?.0)
}

fn shelf<'a>(caller: &'a Caller, asked: &'a HashMap<String, String>) -> Result<Shelf<'a>, ApiError> {
    caller.shelf(wanted(asked, ORGANIZATION))
}

pub(super) async fn get(
    State(platform): Shared,
    caller: Caller,
    path: Urn,
    asked: Asked,
) -> Result<Document, ApiError> {
    let (urn, asked) = (urn(path)?, query(asked)?);
    let found = platform.store.model(shelf(&caller, &asked)?, &urn).await?;
    found.map(Json).ok_or_else(|| ApiError::NotFound(format!("no model `{}`", urn.escape_debug())))
}

/// What the URN stands for is changed by those who see all devices of it; a device puts what it is of itself.
pub(super) async fn put(
    State(platform): Shared,
    caller: Caller,
    path: Urn,
    asked: Asked,
    body: Result<Payload<MAX_BYTES>, ApiError>,
) -> Result<(StatusCode, Document), ApiError> {
    let (urn, asked) = (urn(path)?, query(asked)?);
    let shelf = shelf(&caller, &asked)?;
    let Payload(text) = body?;
    let document = read(&urn, &text)?;
    let text = str::from_utf8(&text).map_err(|error| PayloadError::Malformed(error.to_string()))?;
    let code = match platform.store.put_model(shelf, &urn, text).await? {
        Put::New => StatusCode::CREATED,
        Put::Known => StatusCode::OK,
        Put::Refused => return Err(ApiError::Forbidden),
    };
    Ok((code, Json(document)))
}

/// A page of them, in the order of their URNs, behind the one that is named. An empty page is the end.
pub(super) async fn all(
    State(platform): Shared,
    caller: Caller,
    asked: Asked,
) -> Result<Json<Vec<Box<RawValue>>>, ApiError> {
    let asked = query(asked)?;
    let shelf = shelf(&caller, &asked)?;
    let after = wanted(&asked, AFTER).unwrap_or_default();
    if !after.is_empty() {
        check(after)?;
    }
    Ok(Json(platform.store.models(shelf, after).await?))
}

/// What a device has said that it is of.
pub(super) async fn of_device(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
) -> Result<Document, ApiError> {
    caller.authorize(&platform, &id).await?;
    if let Some(found) = platform.store.model_of(&id).await? {
        return Ok(Json(found));
    }
    Err(match platform.store.is_registered(&id).await? {
        true => ApiError::NotFound(format!("`{id}` has not said of which model it is, or nobody has put it")),
        false => unknown_device(&id),
    })
}

/// The document as it came, if it is one.
fn read(urn: &str, body: &[u8]) -> Result<Box<RawValue>, ApiError> {
    let malformed = |error: serde_json::Error| PayloadError::Malformed(error.to_string());
    // Read as a whole, so that what nests too deeply goes no further.
    serde_json::from_slice::<Value>(body).map_err(malformed)?;
    let document: Box<RawValue> = serde_json::from_slice(body).map_err(malformed)?;
    let model = ModelDocument::from_json(document.get());
    // What was read is checked.
    let model = model.map_err(|error| ApiError::BadRequest(error.to_string()))?;
    if model.urn != urn {
        return Err(ApiError::BadRequest("the model's `urn` is not that of the path".to_owned()));
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_a_model_of_the_urn_of_its_path() {
        let check = |body: &str| {
            let read = read("urn:a", body.as_bytes());
            read.map(|document| document.get().to_owned()).map_err(|error| error.to_string())
        };
        let good = r#"{"urn":"urn:a","name":"A","draft":true,"links":[]}"#;
        assert_eq!(check(good).as_deref(), Ok(good));
        let deep = format!(r#"{{"urn":"urn:a","name":"A","x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        for (body, reason) in [
            ("", "malformed payload: EOF"),
            ("{\"urn\"", "malformed payload: EOF"),
            ("[]", "not a device model: "),
            ("{}", "not a device model: missing field `urn`"),
            (r#"{"urn":7,"name":"A"}"#, "not a device model: invalid type"),
            (r#"{"urn":"urn:b","name":"A"}"#, "the model's `urn` is not that of the path"),
            (r#"{"urn":"urn: a","name":"A"}"#, "the URN has white space or control characters in it"),
            (
                r#"{"urn":"urn:a","name":"A","attributes":[{"name":"a b","type":"NUMBER"}]}"#,
                "attribute `a b`: ",
            ),
            (&deep, "malformed payload: recursion limit"),
        ] {
            let error = check(body).unwrap_err();
            assert!(error.starts_with(reason), "{body}: {error}");
        }
    }
}
