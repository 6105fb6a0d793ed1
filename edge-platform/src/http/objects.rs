//! Storage objects: stored in one request, or in as many as the network needs; read, from any byte on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    HeaderName, HeaderValue, IF_MATCH, IF_RANGE, LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use edge_proto::name;
use edge_proto::object::{
    DEFAULT_TYPE, Description, META_PREFIX, ObjectError, Place, REPR_DIGEST, Sha256, StoredObject,
    UPLOAD_OFFSET, check_name,
};

use super::auth::Caller;
use super::body::Payload;
use super::devices::unknown_device;
use super::error::ApiError;
use super::names::Names;
use crate::platform::Platform;

type Shared = State<Arc<Platform>>;
type Body_ = Result<Payload, ApiError>;

/// How an upload says how long it will be.
const UPLOAD_LENGTH: &str = "upload-length";

/// An object in a path, and behind it the id of an upload.
#[derive(Debug)]
pub(super) struct At {
    place: Place,
    upload: String,
}

impl<S: Send + Sync> FromRequestParts<S> for At {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let wrong = |error: &dyn std::fmt::Display| ApiError::BadRequest(format!("the path: {error}"));
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Path(parameters) = path.map_err(|error| wrong(&error))?;
        let mut texts = parameters.into_iter().map(|(_, text)| text);
        let (device, object) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        let upload = texts.next();
        [Some(&device), upload.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|text| name::check(text))
            .map_err(|error| wrong(&error))?;
        check_name(&object).map_err(|error| wrong(&error))?;
        Ok(Self { place: Place { device, name: object }, upload: upload.unwrap_or_default() })
    }
}

impl From<ObjectError> for ApiError {
    fn from(error: ObjectError) -> Self {
        Self::BadRequest(error.to_string())
    }
}

/// Lets those through who may change what the device has.
async fn admit(platform: &Platform, caller: &Caller, device: &str) -> Result<(), ApiError> {
    caller.admit(platform, device).await?;
    if platform.store.is_registered(device).await? { Ok(()) } else { Err(unknown_device(device)) }
}

// ---- written

/// Stores a whole body, or nothing of it.
pub(super) async fn put(
    State(platform): Shared,
    caller: Caller,
    At { place, .. }: At,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    caller.authorize_first(&platform, &place.device).await?;
    let description = described(&headers)?;
    let length = number(&headers, CONTENT_LENGTH)?;
    admit(&platform, &caller, &place.device).await?;
    // On its own: when the connection breaks, nothing of it is left behind.
    let store =
        async move { platform.objects.put(&place, length, description, body.into_data_stream()).await };
    let stored = tokio::spawn(store).await.map_err(|_| ApiError::BrokenOff)??;
    Ok((StatusCode::CREATED, Json(stored)).into_response())
}

/// What the headers of a plain request say of its body.
fn described(headers: &HeaderMap) -> Result<Description, ApiError> {
    let sha256 = match text(headers, &HeaderName::from_static(REPR_DIGEST))? {
        None => None,
        Some(value) => Some(
            Sha256::from_header(value)
                .ok_or_else(|| ApiError::BadRequest(format!("`{REPR_DIGEST}` has no `sha-256=:BASE64:`")))?,
        ),
    };
    let mut metadata = BTreeMap::new();
    for header in headers.keys() {
        if let Some(key) = header.as_str().strip_prefix(META_PREFIX) {
            let value = text(headers, header)?.unwrap_or_default();
            metadata.insert(key.to_owned(), value.to_owned());
        }
    }
    let description = Description {
        content_type: text(headers, &CONTENT_TYPE)?.unwrap_or(DEFAULT_TYPE).to_owned(),
        encoding: text(headers, &CONTENT_ENCODING)?.map(str::to_owned),
        sha256,
        metadata,
    };
    description.check()?;
    Ok(description)
}

/// Begins an upload, or takes it over from where it is.
pub(super) async fn begin(
    State(platform): Shared,
    caller: Caller,
    At { place, upload }: At,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    admit(&platform, &caller, &place.device).await?;
    let length = number(&headers, HeaderName::from_static(UPLOAD_LENGTH))?;
    Ok(offset(platform.objects.begin(&place, &upload, length).await?))
}

/// Appends to an upload. What came before the body broke off stays.
pub(super) async fn append(
    State(platform): Shared,
    caller: Caller,
    At { place, upload }: At,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    admit(&platform, &caller, &place.device).await?;
    let from = number(&headers, HeaderName::from_static(UPLOAD_OFFSET))?
        .ok_or_else(|| ApiError::BadRequest(format!("`{UPLOAD_OFFSET}` is missing")))?;
    let have = platform.objects.append(&place, &upload, from, body.into_data_stream()).await?;
    Ok(offset(have))
}

/// Makes an upload the object, as its description says.
pub(super) async fn complete(
    State(platform): Shared,
    caller: Caller,
    At { place, upload }: At,
    headers: HeaderMap,
    body: Body_,
) -> Result<Response, ApiError> {
    admit(&platform, &caller, &place.device).await?;
    let length = number(&headers, HeaderName::from_static(UPLOAD_LENGTH))?
        .ok_or_else(|| ApiError::BadRequest(format!("`{UPLOAD_LENGTH}` is missing")))?;
    let description: Description = serde_json::from_slice(&body?.0)
        .map_err(|error| ApiError::BadRequest(format!("not an object's description: {error}")))?;
    description.check()?;
    // On its own: whoever does not wait for the end finds it stored.
    let complete = async move { platform.objects.complete(&place, &upload, length, description).await };
    let stored = tokio::spawn(complete).await.map_err(|_| ApiError::BrokenOff)??;
    Ok((StatusCode::CREATED, Json(stored)).into_response())
}

pub(super) async fn abandon(
    State(platform): Shared,
    caller: Caller,
    At { place, upload }: At,
) -> Result<StatusCode, ApiError> {
    caller.authorize(&platform, &place.device).await?;
    platform.objects.abandon(&place, &upload).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(platform): Shared,
    caller: Caller,
    At { place, .. }: At,
) -> Result<StatusCode, ApiError> {
    caller.authorize(&platform, &place.device).await?;
    platform.objects.delete(&place).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn offset(have: u64) -> Response {
    (StatusCode::NO_CONTENT, [(UPLOAD_OFFSET, have.to_string())]).into_response()
}

// ---- read

pub(super) async fn all(
    State(platform): Shared,
    caller: Caller,
    Names([id]): Names<1>,
) -> Result<Json<Vec<StoredObject>>, ApiError> {
    caller.authorize(&platform, &id).await?;
    if !platform.store.is_registered(&id).await? {
        return Err(unknown_device(&id));
    }
    Ok(Json(platform.objects.all(&id).await?))
}

/// GET and HEAD: the content, or a part of it, with all that is said of it in headers.
pub(super) async fn get(
    State(platform): Shared,
    caller: Caller,
    At { place, .. }: At,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    caller.authorize(&platform, &place.device).await?;
    if method == Method::HEAD {
        let object = platform.objects.about(&place).await?;
        return Ok(with_headers(&object, None, Body::empty()));
    }
    let asked = Asked::read(&headers)?;
    let (object, content) = platform.objects.open(&place, |object| asked.range(object)).await?;
    if let Some((range, content)) = content {
        let part = asked.is_part(&object).then_some(range);
        return Ok(with_headers(&object, part, Body::from_stream(content)));
    }
    match asked.if_match.as_ref().is_none_or(|wanted| matches(wanted, &object)) {
        true => Err(ApiError::Range { length: object.length }),
        false => Err(ApiError::Replaced),
    }
}

/// Which bytes of which content.
#[derive(Debug, Default)]
struct Asked {
    /// From this byte to that one, which belongs to it.
    range: Option<(u64, Option<u64>)>,
    if_match: Option<String>,
    if_range: Option<String>,
}

impl Asked {
    fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let owned = |name| text(headers, name).map(|text| text.map(str::to_owned));
        Ok(Self {
            // What is no single range of bytes from one on is not understood, and the whole is sent.
            range: text(headers, &RANGE)?.and_then(read_range),
            if_match: owned(&IF_MATCH)?,
            if_range: owned(&IF_RANGE)?,
        })
    }

    /// Whether a part is sent, and not the whole.
    fn is_part(&self, object: &StoredObject) -> bool {
        self.range.is_some() && self.if_range.as_ref().is_none_or(|wanted| matches(wanted, object))
    }

    /// `None`: nothing can be sent.
    fn range(&self, object: &StoredObject) -> Option<Range<u64>> {
        if self.if_match.as_ref().is_some_and(|wanted| !matches(wanted, object)) {
            return None;
        }
        match self.range.filter(|_| self.is_part(object)) {
            None => Some(0..object.length),
            Some((first, _)) if first >= object.length => None,
            Some((first, last)) => {
                let end = last.map_or(object.length, |last| last.saturating_add(1).min(object.length));
                Some(first..end)
            }
        }
    }
}

fn read_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    match last {
        "" => Some((first, None)),
        last => last.parse().ok().filter(|last| *last >= first).map(|last| (first, Some(last))),
    }
}

fn tag(object: &StoredObject) -> String {
    format!("\"{}\"", object.sha256)
}

fn matches(wanted: &str, object: &StoredObject) -> bool {
    wanted.split(',').map(str::trim).any(|wanted| wanted == "*" || wanted == tag(object))
}

fn with_headers(object: &StoredObject, part: Option<Range<u64>>, body: Body) -> Response {
    let length = part.as_ref().map_or(object.length, |part| part.end - part.start);
    let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        // What was stored was checked to be able to stand in a header.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.insert(name, value);
        }
    };
    set(CONTENT_TYPE, &object.content_type);
    set(CONTENT_LENGTH, &length.to_string());
    set(ACCEPT_RANGES, "bytes");
    set(ETAG, &tag(object));
    set(HeaderName::from_static(REPR_DIGEST), &object.sha256.to_header());
    set(LAST_MODIFIED, &object.date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    // Nobody's browser shows what a device has sent as if it were a page of the platform's.
    set(CONTENT_DISPOSITION, "attachment");
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Some(encoding) = &object.encoding {
        set(CONTENT_ENCODING, encoding);
    }
    if let Some(part) = part {
        set(CONTENT_RANGE, &format!("bytes {}-{}/{}", part.start, part.end - 1, object.length));
    }
    for (key, value) in &object.metadata {
        if let Ok(name) = HeaderName::from_str(&format!("{META_PREFIX}{key}")) {
            set(name, value);
        }
    }
    response
}

// ---- headers

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let wrong = |_| ApiError::BadRequest(format!("`{name}` is not text"));
    if headers.get_all(name).iter().nth(1).is_some() {
        return Err(ApiError::BadRequest(format!("`{name}` comes twice")));
    }
    headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).map_err(wrong)).transpose()
}

fn number(headers: &HeaderMap, name: HeaderName) -> Result<Option<u64>, ApiError> {
    let wrong = |_| ApiError::BadRequest(format!("`{name}` is not a number of bytes"));
    text(headers, &name)?.map(|text| text.parse().map_err(wrong)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_of_bytes_and_has_a_beginning() {
        for (text, expected) in [
            ("bytes=0-", Some((0, None))),
            ("bytes=5-9", Some((5, Some(9)))),
            ("bytes=9-5", None),
            ("bytes=-5", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-", None),
            ("bytes=99999999999999999999-", None),
        ] {
            assert_eq!(read_range(text), expected, "{text}");
        }
    }
}
