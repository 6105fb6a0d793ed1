//! Requests over HTTP. The only file that names hyper.

#![cfg_attr(not(feature = "storage"), allow(dead_code, reason = "only contents are streamed"))]

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use edge_proto::Secret;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use http::{StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::mpsc;
use url::Url;

use crate::address::Address;
use crate::config::ConfigError;
use crate::tls::TlsConfig;

pub(crate) use http::{Method, StatusCode as Status};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What is kept open for the next request.
const IDLE: Duration = Duration::from_secs(60);
/// The most characters of an error's words that are passed on.
const MAX_WORDS: usize = 500;
const AGENT: &str = concat!("edge-runtime/", env!("CARGO_PKG_VERSION"));
const JSON: &str = "application/json";

/// A cause whose type is no promise.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// A server's HTTP API. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    endpoint: String,
    base: Url,
    client: Client<HttpsConnector<HttpConnector>, UnsyncBoxBody<Bytes, io::Error>>,
    bearer: Option<HeaderValue>,
    token: Option<Secret>,
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// The path's parts; whatever is in them stays in its part.
    pub(crate) path: &'a [&'a str],
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

/// What is sent.
#[derive(Debug)]
pub(crate) enum Body {
    Empty,
    Json(Vec<u8>),
    /// So many bytes, in pieces: sent by whoever has them, received by the connection. Closed before all are there,
    /// the request breaks off.
    Pieces(u64, mpsc::Receiver<Bytes>),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// The request cannot be written down.
    Request(Cause),
    /// The connection failed.
    Broken(Cause),
    /// The answer is too large to be read.
    TooLarge,
}

/// An answer, whose body is still to come.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: UnsyncBoxBody<Bytes, Cause>,
}

impl HttpClient {
    /// `tls` for an address that wants it.
    pub(crate) fn new(
        setting: &'static str,
        example: &'static str,
        address: &Address,
        tls: &TlsConfig,
        token: Option<Secret>,
    ) -> Result<Self, ConfigError> {
        let endpoint = address.to_string();
        let base = Url::parse(&endpoint).map_err(|error| ConfigError::Address {
            setting,
            address: endpoint.clone(),
            reason: error.to_string(),
            example,
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
        let bearer = token.as_ref().map(bearer).transpose()?;
        Ok(Self { endpoint, base, client, bearer, token })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks. Redirects are not followed: the token is for this server and for no other.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Response, HttpError> {
        let request = self.message(request).map_err(|error| HttpError::Request(error.into()))?;
        let response = self.client.request(request).await.map_err(|error| HttpError::Broken(error.into()))?;
        let (parts, body) = response.into_parts();
        let body = body.map_err(Into::into).boxed_unsync();
        Ok(Response { status: parts.status, headers: parts.headers, body })
    }

    fn message(
        &self,
        request: Request<'_>,
    ) -> Result<http::Request<UnsyncBoxBody<Bytes, io::Error>>, http::Error> {
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
            .header(USER_AGENT, AGENT);
        if let Some(bearer) = &self.bearer {
            builder = builder.header(AUTHORIZATION, bearer);
        }
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        match request.body {
            Body::Empty => builder.body(full(Bytes::new())),
            Body::Json(json) => builder.header(CONTENT_TYPE, JSON).body(full(json.into())),
            Body::Pieces(length, mut pieces) => {
                let next = move |context: &mut std::task::Context<'_>| {
                    pieces.poll_recv(context).map(|piece| Some(Ok(http_body::Frame::data(piece?))))
                };
                let body = StreamBody::new(futures_util::stream::poll_fn(next));
                builder.header(CONTENT_LENGTH, length).body(UnsyncBoxBody::new(body))
            }
        }
    }

    /// A server may repeat what it was sent.
    pub(crate) fn redact(&self, text: &str) -> String {
        match self.token.as_ref().map_or("", Secret::expose) {
            "" => text.to_owned(),
            token => text.replace(token, ".."),
        }
    }

    /// What the server says of an error, as text, in short, and never with the token.
    pub(crate) fn words(&self, status: StatusCode, body: &[u8]) -> String {
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

fn full(bytes: Bytes) -> UnsyncBoxBody<Bytes, io::Error> {
    UnsyncBoxBody::new(Full::new(bytes).map_err(|never| match never {}))
}

fn bearer(token: &Secret) -> Result<HeaderValue, ConfigError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| ConfigError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

impl Response {
    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Those headers that are text and begin so, by what comes behind that.
    pub(crate) fn headers_of<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let found = move |(name, value): (&'a HeaderName, &'a HeaderValue)| {
            Some((name.as_str().strip_prefix(prefix)?, value.to_str().ok()?))
        };
        self.headers.iter().filter_map(found)
    }

    /// A header that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.parse().ok()
    }

    /// The next bytes; `None` at the end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(cause)) => return Err(HttpError::Broken(cause)),
                // Trailers say nothing here.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The whole body, of at most so many bytes.
    pub(crate) async fn read(mut self, most: usize) -> Result<Vec<u8>, HttpError> {
        if self.number(CONTENT_LENGTH.as_str()).is_some_and(|length| length > most as u64) {
            return Err(HttpError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(piece) = self.piece().await? {
            if body.len() + piece.len() > most {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}
