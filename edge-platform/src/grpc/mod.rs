//! The Connector over gRPC, with the standard health and reflection services. The only folder that
//! names tonic.

mod assets;
mod auth;
mod convert;
mod counted;
mod declare;
mod list;
mod reconcile;
mod service;
mod status;
mod sub_assets;
mod tls;
mod update;

use std::sync::Arc;
use std::time::Duration;

use edge_proto::connector::DESCRIPTORS;
use edge_proto::connector::v1::connector_service_server::ConnectorServiceServer;
use tokio::net::TcpListener;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::transport::server::{Router, TcpIncoming};

use crate::config::TlsFiles;
use crate::error::{BoxError, TlsError};
use crate::platform::Platform;
use crate::task::{Stop, Task, Tasks, stopped};

use auth::Authenticate;
use counted::Counted;
use service::Connector;

const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// A device may be written in pieces and is read as a whole.
const MAX_REPLY: usize = 128 * 1024 * 1024;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_STREAMS: u32 = 256;
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// How the Connector is spoken to: certificates are read before anything is started.
#[derive(Debug)]
pub(crate) struct Transport(Server);

impl Transport {
    /// Without files: in clear.
    pub(crate) async fn new(tls: Option<&TlsFiles>) -> Result<Self, TlsError> {
        tls::server(tls).await.map(Self)
    }
}

/// Serves on the listener until `stop`, then finishes the calls that are running.
pub(crate) async fn start(
    listener: TcpListener,
    Transport(server): Transport,
    platform: Arc<Platform>,
    stop: Stop,
    tasks: &Tasks,
) -> Result<Task, BoxError> {
    let router = services(server, platform).await?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEP_ALIVE));
    Ok(tasks.spawn("grpc", async move {
        if let Err(error) = router.serve_with_incoming_shutdown(incoming, stopped(stop)).await {
            tracing::error!(%error, "the Connector failed");
        }
    }))
}

async fn services(server: Server, platform: Arc<Platform>) -> Result<Router, BoxError> {
    let authenticate = Authenticate::new(platform.authority.clone());
    let counters = Arc::clone(&platform.counters);
    let connector = ConnectorServiceServer::new(Connector::new(platform))
        .max_decoding_message_size(MAX_MESSAGE)
        .max_encoding_message_size(MAX_REPLY);
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<ConnectorServiceServer<Connector>>().await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let router = server
        .timeout(REQUEST_TIMEOUT)
        .max_concurrent_streams(MAX_STREAMS)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_TIMEOUT))
        .add_service(Counted::new(InterceptedService::new(connector, authenticate), counters))
        .add_service(health)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    Ok(router)
}
