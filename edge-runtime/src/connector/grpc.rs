//! gRPC: the channel, one attempt of a call, and what its status says. The only file that names tonic.

use std::error::Error;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use edge_proto::Secret;
use edge_proto::connector::AUTHORIZATION;
use futures_util::stream;
use http_body_util::BodyExt as _;
#[cfg(feature = "mqtt")]
use hyper_util::rt::TokioIo;
#[cfg(feature = "mqtt")]
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::http::{self, HeaderMap};
use tonic::codegen::{BoxFuture, Service};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{self, Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstEncoder;
use tonic_types::StatusExt as _;

use super::builder::Security;
use super::env;
use super::error::{Cause, Code, Failure, FieldViolation, Origin};
use super::method::{Message, Method};
use crate::address::Address;
use crate::config::ConfigError;
#[cfg(feature = "mqtt")]
use crate::tls::{TlsConfig, TlsStream, Trust};

const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Of an answer. A device with ten thousand data points takes a bit more than a megabyte.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// A refusal may name many fields.
const MAX_HEADERS: u32 = 64 * 1024;
/// What tonic calls cancelled or unknown when it is the transport that failed.
const LOST: &str = "the connection is lost";
const DETAILS: &str = "grpc-status-details-bin";
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How connections are made.
pub(super) struct Transport {
    endpoint: Endpoint,
    /// Makes connections instead of tonic, which knows nothing of revoked certificates.
    #[cfg(feature = "mqtt")]
    secure: Option<Secure>,
    bearer: Option<MetadataValue<Ascii>>,
    token: Option<Secret>,
}

impl Transport {
    pub(super) fn new(
        setting: &'static str,
        address: &Address,
        security: &Security,
        connect_timeout: Duration,
    ) -> Result<Self, ConfigError> {
        let wrong = |error: &transport::Error| ConfigError::Address {
            setting,
            address: address.to_string(),
            reason: error.to_string(),
            example: "http://localhost:8010",
        };
        #[cfg(feature = "mqtt")]
        let secure = Secure::new(address, security)?;
        #[cfg(feature = "mqtt")]
        let is_secured = secure.is_some();
        #[cfg(not(feature = "mqtt"))]
        let is_secured = false;
        let endpoint = if is_secured {
            // For tonic it is in clear; servers are told what it is.
            let origin =
                Endpoint::from_shared(address.to_string()).map_err(|error| wrong(&error))?.uri().clone();
            let clear = Address { tls: false, ..address.clone() };
            let clear = Endpoint::from_shared(clear.to_string()).map_err(|error| wrong(&error))?;
            clear.origin(origin)
        } else {
            Endpoint::from_shared(address.to_string()).map_err(|error| wrong(&error))?
        };
        let endpoint = endpoint
            .connect_timeout(connect_timeout)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .http2_max_header_list_size(MAX_HEADERS);
        let endpoint = if address.tls && !is_secured {
            let unusable = |error: transport::Error| ConfigError::Certificate {
                setting,
                reason: error.source().map_or_else(|| error.to_string(), ToString::to_string),
            };
            endpoint.tls_config(tls(security, connect_timeout)?).map_err(unusable)?
        } else {
            endpoint
        };
        let bearer = security.token.as_ref().map(bearer).transpose()?;
        Ok(Self {
            endpoint,
            #[cfg(feature = "mqtt")]
            secure,
            bearer,
            token: security.token.clone(),
        })
    }

    /// A connection that is made when it is first used. To be called inside of a tokio runtime.
    pub(super) fn connect(&self) -> Connection {
        let grpc = Grpc::new(Checked(self.channel())).max_decoding_message_size(MAX_MESSAGE);
        Connection { grpc, bearer: self.bearer.clone(), token: self.token.clone() }
    }
}

impl Transport {
    fn channel(&self) -> Channel {
        #[cfg(feature = "mqtt")]
        if let Some(secure) = &self.secure {
            return self.endpoint.connect_with_connector_lazy(secure.clone());
        }
        self.endpoint.connect_lazy()
    }
}

/// Makes connections that are secure by more than tonic's own TLS can be told: what is revoked.
#[cfg(feature = "mqtt")]
#[derive(Clone)]
struct Secure {
    host: String,
    port: u16,
    tls: TlsConfig,
}

#[cfg(feature = "mqtt")]
impl Secure {
    /// `None` where nothing can be revoked.
    fn new(address: &Address, security: &Security) -> Result<Option<Self>, ConfigError> {
        if !address.tls || security.crl.is_none() {
            return Ok(None);
        }
        let Security { ca, crl, identity, .. } = security.clone();
        let identity = identity.map(|identity| (identity.certificate, identity.key));
        let tls = TlsConfig::new(env::CA, &Trust { ca, crl, identity })?.speaking(b"h2");
        let host = address.host.trim_matches(['[', ']']).to_owned();
        Ok(Some(Self { host, port: address.port, tls }))
    }
}

#[cfg(feature = "mqtt")]
impl Service<http::Uri> for Secure {
    type Response = TokioIo<TlsStream>;
    type Error = std::io::Error;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        let Self { host, port, tls } = self.clone();
        Box::pin(async move {
            let stream = TcpStream::connect((&*host, port)).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(tls.connect(&host, stream).await?))
        })
    }
}

fn bearer(token: &Secret) -> Result<MetadataValue<Ascii>, ConfigError> {
    let mut value =
        MetadataValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| ConfigError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

fn tls(security: &Security, handshake_timeout: Duration) -> Result<ClientTlsConfig, ConfigError> {
    let mut tls = ClientTlsConfig::new().timeout(handshake_timeout);
    tls = match &security.ca {
        // What is no certificate would be passed over, and every server refused.
        Some(pem) if !pem.windows(PEM.len()).any(|window| window == PEM) => {
            let reason = "there is none in PEM in it".to_owned();
            return Err(ConfigError::Certificate { setting: env::CA, reason });
        }
        Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
        None => tls.with_native_roots(),
    };
    if let Some(identity) = &security.identity {
        tls = tls.identity(transport::Identity::from_pem(&identity.certificate, &identity.key));
    }
    Ok(tls)
}

/// A connection, or the making of one.
pub(super) struct Connection {
    grpc: Grpc<Checked>,
    bearer: Option<MetadataValue<Ascii>>,
    token: Option<Secret>,
}

impl Connection {
    /// One attempt: at most this long, waiting for the connection included. (tonic itself would wait for
    /// ever.)
    pub(super) async fn call<Q: Message, A: Message>(
        &self,
        method: &Method<Q, A>,
        requests: Vec<Q>,
        limit: Duration,
    ) -> Result<A, Failure> {
        let started = Instant::now();
        let late =
            || Failure::new(Origin::Call, Code::DeadlineExceeded, format!("no answer within {limit:?}"));
        match timeout(limit, self.answer(method, self.request(requests, limit))).await {
            Err(_) => Err(late()),
            Ok(Ok(Some(answer))) => Ok(answer),
            Ok(Ok(None)) => Err(Failure::protocol(&NoMessage)),
            // The server has been told the limit, and may be the one who notices first.
            Ok(Err(status)) if status.code() == tonic::Code::Cancelled && started.elapsed() >= limit => {
                Err(late())
            }
            Ok(Err(status)) => Err(self.failure(&status)),
        }
    }

    fn request<Q>(&self, requests: Vec<Q>, limit: Duration) -> Request<Vec<Q>> {
        let mut request = Request::new(requests);
        request.set_timeout(limit);
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().insert(AUTHORIZATION, bearer.clone());
        }
        request
    }

    async fn answer<Q: Message, A: Message>(
        &self,
        method: &Method<Q, A>,
        requests: Request<Vec<Q>>,
    ) -> Result<Option<A>, Status> {
        let mut grpc = self.grpc.clone();
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method.path);
        let codec = Proto::<Q, A>(PhantomData);
        let mut answer = grpc.streaming(requests.map(stream::iter), path, codec).await?.into_inner();
        let message = answer.message().await?;
        // The status comes behind the message.
        answer.trailers().await?;
        Ok(message)
    }

    fn failure(&self, status: &Status) -> Failure {
        let source = status.source();
        if let Some(error) = source.and_then(|source| source.downcast_ref::<prost::DecodeError>()) {
            return Failure::protocol(error);
        }
        let refusal = status.get_details_bad_request();
        let fields = refusal.into_iter().flat_map(|refusal| refusal.field_violations);
        let (code, message) = match code(status.code()) {
            // Not the server's words: those come without a cause.
            Code::Cancelled | Code::Unknown if source.is_some() => (Code::Unavailable, LOST),
            code => (code, status.message()),
        };
        Failure {
            code,
            message: self.redact(message),
            fields: fields.map(|field| self.violation(field)).collect(),
            retry_after: status.get_details_retry_info().and_then(|info| info.retry_delay),
            origin: if was_sent(source) { Origin::Call } else { Origin::NeverSent },
            source: Cause::of(source, message),
        }
    }

    fn violation(&self, violation: tonic_types::FieldViolation) -> FieldViolation {
        FieldViolation {
            field: self.redact(&violation.field),
            description: self.redact(&violation.description),
        }
    }

    /// A server may repeat what it was sent.
    fn redact(&self, text: &str) -> String {
        match &self.token {
            Some(token) if !token.expose().is_empty() => text.replace(token.expose(), "[redacted]"),
            _ => text.to_owned(),
        }
    }
}

/// Not, when there was no connection to send it on: tonic says so by an error of its own.
fn was_sent(mut cause: Option<&(dyn Error + 'static)>) -> bool {
    while let Some(error) = cause {
        if error.is::<tonic::ConnectError>() {
            return false;
        }
        cause = error.source();
    }
    true
}

fn code(code: tonic::Code) -> Code {
    match code {
        tonic::Code::Cancelled => Code::Cancelled,
        // An error with the code of success is none that anybody knows.
        tonic::Code::Ok | tonic::Code::Unknown => Code::Unknown,
        tonic::Code::InvalidArgument => Code::InvalidArgument,
        tonic::Code::DeadlineExceeded => Code::DeadlineExceeded,
        tonic::Code::NotFound => Code::NotFound,
        tonic::Code::AlreadyExists => Code::AlreadyExists,
        tonic::Code::PermissionDenied => Code::PermissionDenied,
        tonic::Code::ResourceExhausted => Code::ResourceExhausted,
        tonic::Code::FailedPrecondition => Code::FailedPrecondition,
        tonic::Code::Aborted => Code::Aborted,
        tonic::Code::OutOfRange => Code::OutOfRange,
        tonic::Code::Unimplemented => Code::Unimplemented,
        tonic::Code::Internal => Code::Internal,
        tonic::Code::Unavailable => Code::Unavailable,
        tonic::Code::DataLoss => Code::DataLoss,
        tonic::Code::Unauthenticated => Code::Unauthenticated,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no message in it")]
struct NoMessage;

/// As tonic's own codec, but that decoding errors can be told from a server's `INTERNAL`: they carry
/// their cause.
struct Proto<Q, A>(PhantomData<fn(Q) -> A>);

struct Decode<A>(PhantomData<fn() -> A>);

impl<Q: Message, A: Message> Codec for Proto<Q, A> {
    type Encode = Q;
    type Decode = A;
    type Encoder = ProstEncoder<Q>;
    type Decoder = Decode<A>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        Decode(PhantomData)
    }
}

impl<A: Message> Decoder for Decode<A> {
    type Item = A;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<A>, Status> {
        A::decode(buffer).map(Some).map_err(|error| {
            let mut status = Status::internal(error.to_string());
            status.set_source(Arc::new(error));
            status
        })
    }
}

/// A channel that lets no malformed error details through: tonic panics at them.
#[derive(Clone)]
struct Checked(Channel);

impl Service<http::Request<Body>> for Checked {
    type Response = http::Response<Body>;
    type Error = transport::Error;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let response = self.0.call(request);
        Box::pin(async move {
            let mut response = response.await?;
            check_details(response.headers_mut());
            Ok(response.map(|body| {
                Body::new(body.map_frame(|mut frame| {
                    frame.trailers_mut().map(check_details);
                    frame
                }))
            }))
        })
    }
}

/// As tonic reads it: padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn check_details(headers: &mut HeaderMap) {
    let details = headers.get(DETAILS);
    if details.is_some_and(|details| BASE64.decode(details.as_bytes()).is_err()) {
        headers.remove(DETAILS);
    }
}
