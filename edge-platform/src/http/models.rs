//! Documents about models of devices: kept as they come, by their URN.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use edge_proto::document::ModelDocument;
use edge_proto::payload::PayloadError;
use serde_json::Value;
use serde_json::value::RawValue;

use super::auth::Caller;
use super::body::Payload;
use super::error::ApiError;
use super::history::{Asked, page_number};
use crate::platform::Platform;

/// The most bytes of a URN.
const MAX_URN: usize = 256;

const URN: &str = "urn";

type Shared = State<Arc<Platform>>;
type Document = Json<Box<RawValue>>;

/// The URN in a path, which has colons and is therefore no name.
type Urn = Result<Path<HashMap<String, String>>, PathRejection>;

fn urn(path: Urn) -> Result<String, ApiError> {
    let Path(mut parameters) =
        path.map_err(|error| ApiError::BadRequest(format!("the path: {}", error.body_text())))?;
    let urn = parameters.remove(URN).unwrap_or_default();
    match check(&urn) {
        Ok(()) => Ok(urn),
        Err(reason) => Err(ApiError::BadRequest(format!("the URN {reason}"))),
    }
}

fn check(urn: &str) -> Result<(), String> {
    if urn.is_empty() {
        return Err("is empty".to_owned());
    }
    if urn.len() > MAX_URN {
        return Err(format!("has {} bytes, the limit is {MAX_URN}", urn.len()));
    }
    if urn.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has white space or control characters in it".to_owned());
    }
    Ok(())
}

pub(super) async fn get(State(platform): Shared, _: Caller, path: Urn) -> Result<Document, ApiError> {
    let urn = urn(path)?;
    let found = platform.store.model(&urn).await?;
    found.map(Json).ok_or_else(|| ApiError::NotFound(format!("no model `{}`", urn.escape_debug())))
}

/// A model is of all devices that name it, so it is changed by those who see all of them.
pub(super) async fn put(
    State(platform): Shared,
    caller: Caller,
    path: Urn,
    body: Result<Payload, ApiError>,
) -> Result<(StatusCode, Document), ApiError> {
    let urn = urn(path)?;
    if !platform.store.is_model_of(&urn, caller.scope()).await? {
        return Err(ApiError::Forbidden);
    }
    let document = read(&urn, &body?.0)?;
    let is_new = platform.store.model(&urn).await?.is_none();
    platform.store.put_model(&urn, &document).await?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(document)))
}

pub(super) async fn all(
    State(platform): Shared,
    _: Caller,
    asked: Asked,
) -> Result<Json<Vec<Box<RawValue>>>, ApiError> {
    let asked = asked.map_err(|rejection| ApiError::BadRequest(rejection.body_text()))?.0;
    Ok(Json(platform.store.models(page_number(&asked)?).await?))
}

/// The document as it came, if it is one.
fn read(urn: &str, body: &[u8]) -> Result<Box<RawValue>, ApiError> {
    let malformed = |error: serde_json::Error| PayloadError::Malformed(error.to_string());
    // Read as a whole, so that what nests too deeply goes no further.
    serde_json::from_slice::<Value>(body).map_err(malformed)?;
    let document: Box<RawValue> = serde_json::from_slice(body).map_err(malformed)?;
    let model = ModelDocument::from_json(document.get());
    let model = model.map_err(|error| ApiError::BadRequest(error.to_string()))?;
    model.check().map_err(|error| ApiError::BadRequest(error.to_string()))?;
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

    #[test]
    fn a_urn_is_a_word() {
        assert!(super::check("urn:example:greenhouse:1").is_ok());
        let long = "u".repeat(257);
        for bad in ["", "urn:a b", "urn:\n", "urn:\0", &long] {
            assert!(super::check(bad).is_err(), "{bad:?}");
        }
    }
}
