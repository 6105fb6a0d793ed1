//! How AllThingsTalk's API is asked, and what its answers mean.

use std::time::Duration;

use edge_proto::Secret;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::ClientError;
use crate::address::Address;
use crate::config::ConfigError;
use crate::http::{Body, Cause, HttpClient, HttpError, Request as Message, Status};
use crate::tls::TlsConfig;

pub(super) use crate::http::Method;

const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of an answer: a device of 10,000 assets has less.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
#[error("the answer has more than {MAX_ANSWER} bytes")]
struct TooLarge;

/// The API. Clones share their connections.
#[derive(Clone, Debug)]
pub(super) struct Http(HttpClient);

/// What is asked.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    /// The path's parts; whatever is in them stays in its part.
    pub(super) path: &'a [&'a str],
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Vec<u8>>,
}

impl Http {
    /// `tls` for an address that wants it.
    pub(super) fn new(
        setting: &'static str,
        address: &Address,
        tls: &TlsConfig,
        token: Secret,
    ) -> Result<Self, ConfigError> {
        HttpClient::new(setting, super::client::EXAMPLE, address, tls, Some(token)).map(Self)
    }

    pub(super) fn endpoint(&self) -> &str {
        self.0.endpoint()
    }

    /// Asks, and reads the answer as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, ClientError> {
        let path = path(request.path);
        let answer = self.answer(request).await?;
        serde_json::from_slice(&answer).map_err(|error: serde_json::Error| {
            // It repeats what it does not understand.
            self.not_understood(&path, self.0.redact(&error.to_string()).into())
        })
    }

    /// Asks; the answer is no matter as long as it is a good one.
    pub(super) async fn done(&self, request: Request<'_>) -> Result<(), ClientError> {
        self.answer(request).await.map(drop)
    }

    async fn answer(&self, request: Request<'_>) -> Result<Vec<u8>, ClientError> {
        let path = path(request.path);
        let Request { method, path: parts, query, body } = request;
        let body = body.map_or(Body::Empty, Body::Json);
        let message = Message { method, path: parts, query, headers: Vec::new(), body };
        let exchange = async {
            let response = self.0.send(message).await?;
            Ok((response.status, response.read(MAX_ANSWER).await?))
        };
        let (status, body) = match timeout(TIMEOUT, exchange).await {
            Ok(answer) => answer.map_err(|error| self.failure(&path, error))?,
            Err(_) => return Err(self.unreached(format!("no answer within {TIMEOUT:?}"), None)),
        };
        if status.is_success() { Ok(body) } else { Err(self.refusal(status, path, &body)) }
    }

    fn failure(&self, path: &str, error: HttpError) -> ClientError {
        match error {
            HttpError::Request(cause) => self.not_understood(path, cause),
            HttpError::TooLarge => self.not_understood(path, Box::new(TooLarge)),
            HttpError::Broken(cause) => self.unreached("the connection failed".to_owned(), Some(cause)),
        }
    }

    fn not_understood(&self, path: &str, source: Cause) -> ClientError {
        ClientError::Protocol { endpoint: self.endpoint().to_owned(), path: path.to_owned(), source }
    }

    fn unreached(&self, reason: String, source: Option<Cause>) -> ClientError {
        ClientError::Unavailable { endpoint: self.endpoint().to_owned(), reason, source }
    }

    fn refusal(&self, status: Status, path: String, body: &[u8]) -> ClientError {
        let endpoint = self.endpoint().to_owned();
        let message = self.0.words(status, body);
        match status {
            Status::UNAUTHORIZED | Status::FORBIDDEN => ClientError::Forbidden { endpoint, path, message },
            Status::NOT_FOUND => ClientError::NotFound { endpoint, path, message },
            Status::TOO_MANY_REQUESTS | Status::REQUEST_TIMEOUT => self.busy(status, &message),
            status if status.is_server_error() => self.busy(status, &message),
            status => ClientError::Rejected { endpoint, path, status: status.as_u16(), message },
        }
    }

    fn busy(&self, status: Status, message: &str) -> ClientError {
        self.unreached(format!("{status}: {message}"), None)
    }
}

/// For people.
fn path(parts: &[&str]) -> String {
    parts.iter().flat_map(|part| ["/", part]).collect()
}
