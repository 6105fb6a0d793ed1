//! The platform's HTTP API for storage objects.

use std::time::Duration;

use edge_proto::Secret;
use edge_proto::object::{Description, META_PREFIX, Place, REPR_DIGEST, Sha256, StoredObject, UPLOAD_OFFSET};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use tokio::time::timeout;

use super::error::StorageError;
use super::object::Stored;
use super::plane::{Download, StoragePlane, Upload};
use super::{download, upload};
use crate::address::Address;
use crate::config::ConfigError;
use crate::future::BoxFuture;
use crate::http::{Body, HttpClient, HttpError, Method, Request, Response, Status};
use crate::tls::TlsConfig;

/// The most bytes of an answer that is no content.
const MAX_ANSWER: usize = 256 * 1024;
/// How an upload says how long it will be.
const UPLOAD_LENGTH: &str = "upload-length";
const IF_MATCH: &str = "if-match";
const RANGE: &str = "range";
const LENGTH: &str = "content-length";
const LAST_MODIFIED: &str = "last-modified";
const CONTENT_TYPE: &str = "content-type";
const CONTENT_ENCODING: &str = "content-encoding";
/// How HTTP writes the time: to the second.
const DATES: DateTimeParser = DateTimeParser::new();

pub(crate) const EXAMPLE: &str = "http://localhost:8080";

/// See the module.
#[derive(Debug)]
pub(crate) struct Client(HttpClient);

impl StoragePlane for Client {
    fn upload<'a>(&'a self, job: Upload<'a>) -> BoxFuture<'a, Result<Stored, StorageError>> {
        Box::pin(upload::run(self, job))
    }

    fn download<'a>(&'a self, job: Download<'a>) -> BoxFuture<'a, Result<Stored, StorageError>> {
        Box::pin(download::run(self, job))
    }
}

/// What a HEAD says of an object.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) length: u64,
    pub(super) sha256: Sha256,
    pub(super) date: Option<Timestamp>,
    /// `None`: nobody was asked, or it is none.
    pub(super) described: Option<Description>,
}

impl Client {
    pub(crate) fn new(
        setting: &'static str,
        address: &Address,
        tls: &TlsConfig,
        token: Option<Secret>,
    ) -> Result<Self, ConfigError> {
        HttpClient::new(setting, EXAMPLE, address, tls, token).map(Self)
    }

    /// The API, for what else is asked of it.
    pub(crate) fn http(&self) -> HttpClient {
        self.0.clone()
    }

    /// Begins an upload, or takes it over: how many bytes of it are there.
    pub(super) async fn begin(
        &self,
        place: &Place,
        upload: &str,
        length: u64,
        patience: Duration,
    ) -> Result<u64, StorageError> {
        let path = place.upload_path(upload);
        let headers = vec![(UPLOAD_LENGTH, length.to_string())];
        let answer = self.ask(place, patience, request(Method::POST, &path, headers, Body::Empty)).await?;
        self.offset(place, &answer)
    }

    /// Appends to an upload, as long as `body` gives something. Whoever feeds it sees to it that it does not
    /// stand still.
    pub(super) async fn append(
        &self,
        place: &Place,
        upload: &str,
        offset: u64,
        body: Body,
    ) -> Result<u64, StorageError> {
        let path = place.upload_path(upload);
        let headers = vec![(UPLOAD_OFFSET, offset.to_string())];
        let sent = self.0.send(request(Method::PATCH, &path, headers, body)).await;
        let answer = sent.map_err(|error| self.failure(place, error))?;
        self.offset(place, &self.good(place, answer).await?)
    }

    fn offset(&self, place: &Place, answer: &Response) -> Result<u64, StorageError> {
        answer.number(UPLOAD_OFFSET).ok_or_else(|| self.not_understood(place, "no offset"))
    }

    /// Makes an upload the object.
    pub(super) async fn complete(
        &self,
        place: &Place,
        upload: &str,
        length: u64,
        description: Vec<u8>,
        patience: Duration,
    ) -> Result<Stored, StorageError> {
        let path = place.upload_path(upload);
        let headers = vec![(UPLOAD_LENGTH, length.to_string())];
        let message = request(Method::PUT, &path, headers, Body::Json(description));
        let answer = self.ask(place, patience, message).await?;
        let read = timeout(patience, answer.read(MAX_ANSWER)).await;
        let body = read.map_err(|_| self.silent(place, patience))?;
        let body = body.map_err(|error| self.failure(place, error))?;
        let object: StoredObject =
            serde_json::from_slice(&body).map_err(|error| self.not_understood(place, &error.to_string()))?;
        let (length, date, sha256) = (Some(object.length), Some(object.date), Some(object.sha256));
        Ok(Stored { place: place.clone(), length, date, sha256, described: None })
    }

    /// Throws an upload away.
    pub(super) async fn abandon(
        &self,
        place: &Place,
        upload: &str,
        patience: Duration,
    ) -> Result<(), StorageError> {
        let path = place.upload_path(upload);
        self.ask(place, patience, request(Method::DELETE, &path, Vec::new(), Body::Empty)).await.map(drop)
    }

    /// What there is.
    pub(super) async fn find(&self, place: &Place, patience: Duration) -> Result<Found, StorageError> {
        let path = place.path();
        let answer = self.ask(place, patience, request(Method::HEAD, &path, Vec::new(), Body::Empty)).await?;
        let digest = answer.header(REPR_DIGEST).and_then(Sha256::from_header);
        match (answer.number(LENGTH), digest) {
            (Some(length), Some(sha256)) => {
                let date = answer.header(LAST_MODIFIED).and_then(|date| DATES.parse_timestamp(date).ok());
                Ok(Found { length, sha256, date, described: described(&answer) })
            }
            _ => Err(self.not_understood(place, "neither length nor digest")),
        }
    }

    /// The content of this digest, from a byte on.
    pub(super) async fn content(
        &self,
        place: &Place,
        from: u64,
        sha256: &Sha256,
        patience: Duration,
    ) -> Result<Response, StorageError> {
        let mut headers = vec![(IF_MATCH, format!("\"{sha256}\""))];
        if from > 0 {
            headers.push((RANGE, format!("bytes={from}-")));
        }
        let path = place.path();
        let answer = self.ask(place, patience, request(Method::GET, &path, headers, Body::Empty)).await?;
        let wanted = if from > 0 { Status::PARTIAL_CONTENT } else { Status::OK };
        if answer.status == wanted { Ok(answer) } else { Err(self.not_understood(place, "another part")) }
    }

    /// The next bytes of a content.
    pub(super) async fn piece(
        &self,
        place: &Place,
        answer: &mut Response,
        patience: Duration,
    ) -> Result<Option<bytes::Bytes>, StorageError> {
        let piece = timeout(patience, answer.piece()).await.map_err(|_| self.silent(place, patience))?;
        piece.map_err(|error| self.failure(place, error))
    }

    async fn ask(
        &self,
        place: &Place,
        patience: Duration,
        message: Request<'_>,
    ) -> Result<Response, StorageError> {
        let answer = timeout(patience, self.0.send(message)).await;
        let answer = answer.map_err(|_| self.silent(place, patience))?;
        self.good(place, answer.map_err(|error| self.failure(place, error))?).await
    }

    /// An answer that is no error.
    async fn good(&self, place: &Place, answer: Response) -> Result<Response, StorageError> {
        if answer.status.is_success() {
            return Ok(answer);
        }
        let status = answer.status;
        let body = answer.read(MAX_ANSWER).await.unwrap_or_default();
        let message = self.0.words(status, &body);
        let (endpoint, object) = (self.endpoint(), place.to_string());
        Err(match status {
            Status::UNAUTHORIZED | Status::FORBIDDEN => StorageError::Forbidden { endpoint, object, message },
            Status::NOT_FOUND => StorageError::NotFound { endpoint, object, message },
            Status::PRECONDITION_FAILED => StorageError::Replaced { object },
            // There is no room, which is not soon over.
            Status::INSUFFICIENT_STORAGE => {
                StorageError::Rejected { endpoint, object, status: status.as_u16(), message }
            }
            // A conflict: another request is at the same upload, or there is more or less of it than was thought.
            Status::CONFLICT | Status::TOO_MANY_REQUESTS | Status::REQUEST_TIMEOUT => {
                self.unreached(place, &message)
            }
            status if status.is_server_error() => self.unreached(place, &format!("{status}: {message}")),
            status => StorageError::Rejected { endpoint, object, status: status.as_u16(), message },
        })
    }

    fn failure(&self, place: &Place, error: HttpError) -> StorageError {
        match error {
            HttpError::Request(cause) => self.not_understood(place, &cause.to_string()),
            HttpError::TooLarge => self.not_understood(place, "the answer is too large"),
            HttpError::Broken(cause) => {
                self.unreached(place, &format!("the connection failed: {}", crate::cause::chain(&*cause)))
            }
        }
    }

    pub(super) fn silent(&self, place: &Place, patience: Duration) -> StorageError {
        self.unreached(place, &format!("nothing has moved for {patience:?}"))
    }

    fn unreached(&self, place: &Place, reason: &str) -> StorageError {
        let (endpoint, object) = (self.endpoint(), place.to_string());
        StorageError::Unavailable { endpoint, object, reason: reason.to_owned() }
    }

    fn not_understood(&self, place: &Place, reason: &str) -> StorageError {
        let (endpoint, object) = (self.endpoint(), place.to_string());
        StorageError::Protocol { endpoint, object, reason: reason.to_owned() }
    }

    fn endpoint(&self) -> String {
        self.0.endpoint().to_owned()
    }
}

/// What an answer's headers say of an object.
fn described(answer: &Response) -> Option<Description> {
    let text = |name| answer.header(name).map(str::to_owned);
    let metadata = answer.headers_of(META_PREFIX);
    let described = Description {
        content_type: text(CONTENT_TYPE)?,
        encoding: text(CONTENT_ENCODING),
        sha256: None,
        metadata: metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    };
    described.check().is_ok().then_some(described)
}

fn request<'a>(
    method: Method,
    path: &'a [&'a str],
    headers: Vec<(&'static str, String)>,
    body: Body,
) -> Request<'a> {
    Request { method, path, query: Vec::new(), headers, body }
}
