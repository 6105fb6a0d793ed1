//! A Connector that does what a test says: fails, keeps silent, answers garbage, or passes a call on to
//! a real one and loses the answer. For faults that the real one cannot be made to show.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use http_body_util::{BodyExt as _, Full};
use prost::bytes::{BufMut as _, Bytes, BytesMut};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response};
use tonic::codegen::{Body as HttpBody, BoxFuture, Service};
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Status};

/// The most bytes of a message's head: whether it is compressed, and its length.
const HEAD: usize = 5;

/// A call that came.
#[derive(Clone, Debug)]
pub struct Call {
    /// How many of this method came before it.
    pub index: usize,
    /// Its method, such as `GetAsset`.
    pub method: String,
    /// When it came.
    pub at: Instant,
    /// Its metadata.
    pub headers: HeaderMap,
    /// Its first message, encoded.
    pub message: Bytes,
    /// How many messages there are.
    pub messages: usize,
}

impl Call {
    /// Its first message.
    ///
    /// # Panics
    /// When it is none of this type.
    pub fn decode<M: prost::Message + Default>(&self) -> M {
        M::decode(self.message.clone()).expect("the client sends what the service says")
    }

    /// A piece of metadata; empty without it.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What becomes of a call.
#[derive(Debug)]
pub enum Reply {
    /// This message, encoded.
    Message(Vec<u8>),
    /// This status. (`OK`: and no message.)
    Status(Status),
    /// These bytes as the body, with trailers.
    Raw(Vec<u8>, HeaderMap),
    /// These headers and nothing else.
    Headers(HeaderMap),
    /// None, ever.
    Silence,
    /// The beginning of one, and never the rest.
    Stall,
    /// What the real one says.
    Forward,
    /// The real one does it, and what it says is lost.
    Lose,
}

impl Reply {
    /// This message.
    pub fn message(message: &impl prost::Message) -> Self {
        Self::Message(message.encode_to_vec())
    }

    /// This code.
    pub fn code(code: Code) -> Self {
        Self::Status(Status::new(code, "as the test says"))
    }
}

/// The code of success.
pub const OK: Code = Code::Ok;

type Script = Arc<dyn Fn(&Call) -> Reply + Send + Sync>;

/// A running fake. Stops when it is dropped.
#[derive(Debug)]
pub struct FakeConnector {
    address: SocketAddr,
    calls: Calls,
    task: JoinHandle<()>,
}

type Calls = Arc<Mutex<Vec<Call>>>;

impl FakeConnector {
    /// One that answers by this script.
    ///
    /// # Panics
    /// When loopback has no free port.
    pub async fn start(script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        Self::on("127.0.0.1:0".parse().expect("an address"), Server::builder(), None, script).await
    }

    /// One in front of a real Connector.
    ///
    /// # Panics
    /// When loopback has no free port, or `real` is no URL.
    pub async fn before(real: String, script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        let real = Endpoint::from_shared(real).expect("a URL").connect_lazy();
        Self::on("127.0.0.1:0".parse().expect("an address"), Server::builder(), Some(real), script).await
    }

    /// One at this address, by this server.
    ///
    /// # Panics
    /// When the address is taken.
    pub async fn on(
        address: SocketAddr,
        mut server: Server,
        real: Option<Channel>,
        script: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("loopback has free ports");
        let address = listener.local_addr().expect("a bound listener has an address");
        let calls = Calls::default();
        let fake = Fake { calls: Arc::clone(&calls), real, script: Arc::new(script) };
        let router = server.add_service(fake);
        let task = tokio::spawn(async move {
            let _ = router.serve_with_incoming(TcpIncoming::from(listener)).await;
        });
        Self { address, calls, task }
    }

    /// `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("no test panics while it holds this").clone()
    }

    /// How many calls of this method came.
    pub fn count(&self, method: &str) -> usize {
        self.calls().iter().filter(|call| call.method == method).count()
    }
}

impl Drop for FakeConnector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Fake {
    calls: Calls,
    real: Option<Channel>,
    script: Script,
}

impl NamedService for Fake {
    const NAME: &'static str = "edge.connector.v1.ConnectorService";
}

impl Service<Request<Body>> for Fake {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let fake = self.clone();
        Box::pin(async move { Ok(fake.answer(request).await.unwrap_or_else(Status::into_http)) })
    }
}

impl Fake {
    async fn answer(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let method = head.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        let call = self.record(method, head.headers.clone(), &body);
        match (self.script)(&call) {
            Reply::Message(message) => Ok(answer(frame(&message), ok())),
            Reply::Raw(body, trailers) => Ok(answer(body.into(), trailers)),
            Reply::Headers(headers) => Ok(only(headers)),
            Reply::Status(status) if status.code() == Code::Ok => Ok(only(ok())),
            Reply::Status(status) => Err(status),
            Reply::Silence => std::future::pending().await,
            Reply::Stall => Ok(grpc(Full::new(frame(&[])).with_trailers(std::future::pending()))),
            Reply::Forward => self.forward(Request::from_parts(head, Body::new(Full::new(body)))).await,
            Reply::Lose => {
                let answer = self.forward(Request::from_parts(head, Body::new(Full::new(body)))).await?;
                let answer = answer.into_body().collect().await?;
                assert!(!answer.to_bytes().is_empty(), "the real one refuses what the test wants to be done");
                Err(Status::unavailable("the answer is lost"))
            }
        }
    }

    fn record(&self, method: String, headers: HeaderMap, body: &Bytes) -> Call {
        let messages = messages(body.clone());
        let mut calls = self.calls.lock().expect("no test panics while it holds this");
        let index = calls.iter().filter(|call| call.method == method).count();
        let message = messages.first().cloned().unwrap_or_default();
        let call = Call { index, method, at: Instant::now(), headers, message, messages: messages.len() };
        calls.push(call.clone());
        call
    }

    async fn forward(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let mut real = self.real.ok_or_else(|| Status::unimplemented("there is no real one"))?;
        let ready = std::future::poll_fn(|context| real.poll_ready(context)).await;
        ready.map_err(|error| Status::from_error(error.into()))?;
        real.call(request).await.map_err(|error| Status::from_error(error.into()))
    }
}

fn messages(mut body: Bytes) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while body.len() >= HEAD {
        let head = body.split_to(HEAD);
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        messages.push(body.split_to(length as usize));
    }
    messages
}

fn frame(message: &[u8]) -> Bytes {
    let mut body = BytesMut::with_capacity(HEAD + message.len());
    body.put_u8(0);
    body.put_u32(message.len().try_into().expect("below 4 GiB"));
    body.put_slice(message);
    body.freeze()
}

fn answer(body: Bytes, trailers: HeaderMap) -> Response<Body> {
    grpc(Full::new(body).with_trailers(std::future::ready(Some(Ok(trailers)))))
}

fn grpc(body: impl HttpBody<Data = Bytes, Error = Infallible> + Send + 'static) -> Response<Body> {
    let mut response = Response::new(Body::new(body.map_err(|never| match never {})));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

fn only(headers: HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = headers;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

/// The status of a call that succeeded.
pub fn ok() -> HeaderMap {
    status(0)
}

/// The status of a call as headers or trailers.
pub fn status(code: u16) -> HeaderMap {
    HeaderMap::from_iter([(Status::GRPC_STATUS, HeaderValue::from(code))])
}
