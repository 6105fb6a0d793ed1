//! Requests over HTTP. The only file that names hyper.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use edge_proto::Secret;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use super::ClientError;
use crate::address::Address;
use crate::config::ConfigError;
use crate::tls::TlsConfig;

pub(super) use http::Method;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
/// What is kept open for the next request.
const IDLE: Duration = Duration::from_secs(60);
/// The most bytes of an answer: a device of 10,000 assets has less.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// The most characters of an error's words that are passed on.
const MAX_WORDS: usize = 500;
const AGENT: &str = concat!("edge-runtime/", env!("CARGO_PKG_VERSION"));
const JSON: &str = "application/json";

#[derive(Debug, thiserror::Error)]
#[error("the answer has more than {MAX_ANSWER} bytes")]
struct TooLarge;

type Cause = Box<dyn Error + Send + Sync>;

/// A server's HTTP API. Clones share their connections.
#[derive(Clone, Debug)]
pub(super) struct Http {
    endpoint: String,
    base: Url,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    bearer: HeaderValue,
    token: Secret,
}

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
        let endpoint = address.to_string();
        let base = Url::parse(&endpoint).map_err(|error| ConfigError::Address {
            setting,
            address: endpoint.clone(),
            reason: error.to_string(),
            example: super::client::EXAMPLE,
        })?;
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls.to_config());
        let connector = builder.https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Ok(Self { endpoint, base, client, bearer: bearer(&token)?, token })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks, and reads the answer as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, ClientError> {
        let path = path(request.path);
        let answer = self.answer(request).await?;
        serde_json::from_slice(&answer).map_err(|error: serde_json::Error| ClientError::Protocol {
            endpoint: self.endpoint.clone(),
            path,
            // It repeats what it does not understand.
            source: self.redact(&error.to_string()).into(),
        })
    }

    /// Asks; the answer is no matter as long as it is a good one.
    pub(super) async fn done(&self, request: Request<'_>) -> Result<(), ClientError> {
        self.answer(request).await.map(drop)
    }

    async fn answer(&self, request: Request<'_>) -> Result<Vec<u8>, ClientError> {
        let path = path(request.path);
        let (status, body) = match timeout(TIMEOUT, self.exchange(request, &path)).await {
            Ok(answer) => answer?,
            Err(_) => return Err(self.unreached(format!("no answer within {TIMEOUT:?}"), None)),
        };
        if status.is_success() { Ok(body) } else { Err(self.refusal(status, path, &body)) }
    }

    async fn exchange(&self, request: Request<'_>, path: &str) -> Result<(StatusCode, Vec<u8>), ClientError> {
        let not_understood =
            |source| ClientError::Protocol { endpoint: self.endpoint.clone(), path: path.to_owned(), source };
        let request = self.message(request).map_err(|error| not_understood(error.into()))?;
        let response = self.client.request(request).await.map_err(|error| self.broken(error.into()))?;
        let status = response.status();
        // Redirects are not followed: the token is for this server and for no other.
        let length = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if length.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > MAX_ANSWER as u64)
        {
            return Err(not_understood(Box::new(TooLarge)));
        }
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => not_understood(Box::new(TooLarge)),
            false => self.broken(error),
        })?;
        Ok((status, body.to_bytes().into()))
    }

    fn message(&self, request: Request<'_>) -> Result<http::Request<Full<Bytes>>, http::Error> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(request.path);
        }
        for (name, value) in &request.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(Uri::try_from(url.as_str())?)
            .header(AUTHORIZATION, &self.bearer)
            .header(USER_AGENT, AGENT);
        if request.body.is_some() {
            builder = builder.header(CONTENT_TYPE, JSON);
        }
        builder.body(Full::from(request.body.unwrap_or_default()))
    }

    fn broken(&self, cause: Cause) -> ClientError {
        self.unreached("the connection failed".to_owned(), Some(cause))
    }

    fn unreached(&self, reason: String, source: Option<Cause>) -> ClientError {
        ClientError::Unavailable { endpoint: self.endpoint.clone(), reason, source }
    }

    fn refusal(&self, status: StatusCode, path: String, body: &[u8]) -> ClientError {
        let endpoint = self.endpoint.clone();
        let message = self.words(status, body);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                ClientError::Forbidden { endpoint, path, message }
            }
            StatusCode::NOT_FOUND => ClientError::NotFound { endpoint, path, message },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => self.busy(status, &message),
            status if status.is_server_error() => self.busy(status, &message),
            status => ClientError::Rejected { endpoint, path, status: status.as_u16(), message },
        }
    }

    fn busy(&self, status: StatusCode, message: &str) -> ClientError {
        self.unreached(format!("{status}: {message}"), None)
    }

    /// A server may repeat what it was sent.
    fn redact(&self, text: &str) -> String {
        match self.token.expose() {
            "" => text.to_owned(),
            token => text.replace(token, ".."),
        }
    }

    /// What the server says, as text, in short, and never with the token.
    fn words(&self, status: StatusCode, body: &[u8]) -> String {
        #[derive(serde::Deserialize)]
        struct Answer {
            error: String,
            error_description: Option<String>,
        }
        let text = match serde_json::from_slice::<Answer>(body) {
            Ok(Answer { error, error_description }) => error_description.unwrap_or(error),
            Err(_) => String::from_utf8_lossy(body).into_owned(),
        };
        let text = self.redact(&text);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.char_indices().nth(MAX_WORDS) {
            _ if text.is_empty() => status.canonical_reason().unwrap_or("no reason given").to_owned(),
            Some((end, _)) => format!("{} ..", &text[..end]),
            None => text,
        }
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, ConfigError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| ConfigError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// For people.
fn path(parts: &[&str]) -> String {
    parts.iter().flat_map(|part| ["/", part]).collect()
}
