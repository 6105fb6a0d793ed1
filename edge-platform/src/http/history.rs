//! What states were.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use edge_proto::payload::{self, Location};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::auth::Caller;
use super::devices::{find, find_by_id};
use super::error::ApiError;
use super::names::Names;
use crate::platform::Platform;
use crate::store::{Span, StoredState, is_false};

const FROM: &str = "from";
const TO: &str = "to";
const PAGE: &str = "page";

pub(super) type Asked = Result<Query<HashMap<String, String>>, QueryRejection>;

/// A page of a history.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    data: Vec<Point>,
}

/// A state as AllThingsTalk's histories have it: the value's name is `data` here.
#[derive(Debug, Serialize)]
struct Point {
    at: Timestamp,
    /// The device did not believe the clock that `at` was taken from.
    #[serde(skip_serializing_if = "is_false")]
    unsynced: bool,
    data: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
}

impl From<StoredState> for Point {
    fn from(StoredState { at, unsynced, value, location, .. }: StoredState) -> Self {
        Self { at, unsynced, data: value, location }
    }
}

pub(super) async fn by_name(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
    Names([id, name]): Names<2>,
    asked: Asked,
) -> Result<Json<Page>, ApiError> {
    let asset = find(&platform, &caller, &id, name).await?;
    page(&platform, &asset.id, asked).await
}

pub(super) async fn by_id(
    State(platform): State<Arc<Platform>>,
    caller: Caller,
    Names([id]): Names<1>,
    asked: Asked,
) -> Result<Json<Page>, ApiError> {
    find_by_id(&platform, &caller, &id).await?;
    page(&platform, &id, asked).await
}

async fn page(platform: &Platform, asset_id: &str, asked: Asked) -> Result<Json<Page>, ApiError> {
    let Query(asked) = asked.map_err(|rejection| ApiError::BadRequest(rejection.body_text()))?;
    let states = platform.store.history(asset_id, span(&asked)?).await?;
    Ok(Json(Page { data: states.into_iter().map(Point::from).collect() }))
}

/// What a query says of a name, in any case.
pub(super) fn wanted<'a>(asked: &'a HashMap<String, String>, name: &str) -> Option<&'a str> {
    asked.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

pub(super) fn page_number(asked: &HashMap<String, String>) -> Result<u32, ApiError> {
    let page = wanted(asked, PAGE).map_or(Ok(0), str::parse);
    page.map_err(|_| ApiError::BadRequest(format!("`{PAGE}` must be a number from 0")))
}

pub(super) fn span(asked: &HashMap<String, String>) -> Result<Span, ApiError> {
    Ok(Span {
        from: wanted(asked, FROM).map(|text| time(FROM, text)).transpose()?,
        to: wanted(asked, TO).map(|text| time(TO, text)).transpose()?,
        page: page_number(asked)?,
    })
}

/// A `+` that was not escaped has become a space.
fn time(name: &str, text: &str) -> Result<Timestamp, ApiError> {
    let read = payload::read_time(text)
        .or_else(|error| payload::read_time(&text.replace(' ', "+")).map_err(|_| error));
    read.map_err(|error| ApiError::BadRequest(format!("`{name}`: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: &[(&str, &str)]) -> Result<String, String> {
        let asked = asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let text = |at: Option<Timestamp>| at.map_or("..".to_owned(), |at| at.to_string());
        let span = span(&asked).map_err(|error| error.to_string())?;
        Ok(format!("{} {} {}", text(span.from), text(span.to), span.page))
    }

    #[test]
    fn times_and_pages_are_read_or_refused_with_a_reason() {
        let ok = |asked: &[_], expected: &str| assert_eq!(check(asked).as_deref(), Ok(expected));
        ok(&[], ".. .. 0");
        ok(&[("other", "x"), ("Page", "7")], ".. .. 7");
        ok(
            &[("from", "2031-02-03T04:05:06"), ("to", "2031-02-03T05:05:06 01:00")],
            "2031-02-03T04:05:06Z 2031-02-03T04:05:06Z 0",
        );
        let bad = |asked: &[_], reason: &str| {
            let error = check(asked).unwrap_err();
            assert!(error.contains(reason), "{asked:?}: {error}");
        };
        for text in ["", "yesterday", "10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "1"] {
            bad(&[("from", text)], "`from`: ");
            bad(&[("to", text)], "not a time");
        }
        for text in ["", "-1", "x", "4294967296", "1.5"] {
            bad(&[("page", text)], "`page` must be a number from 0");
        }
    }
}
