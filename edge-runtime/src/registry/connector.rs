//! The Connector over gRPC as a [`Registry`]. The only file that names tonic.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use edge_proto::connector::v1::connector_service_client::ConnectorServiceClient;
use edge_proto::connector::{AUTHORIZATION, v1};
use edge_proto::{Asset, Device};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

use super::{Registered, Registry, RegistryError, Session};
use crate::config::ConfigError;
use crate::future::BoxFuture;
use crate::reconcile::Batch;
use edge_proto::Secret;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For a whole call, waiting for the connection included: tonic itself would wait for ever.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// A device with ten thousand assets takes a bit more than a megabyte.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The Connector service at one address. Connects when it is first used.
pub(crate) struct Connector {
    endpoint: String,
    client: ConnectorServiceClient<Channel>,
    token: Option<MetadataValue<Ascii>>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Connector {
    /// The service at `http://host:port`. Must be called inside of a tokio runtime.
    ///
    /// # Errors
    /// When the address is no URI, or the token has characters that no header may have.
    pub(crate) fn new(url: &str, token: Option<&Secret>) -> Result<Self, ConfigError> {
        let endpoint = Endpoint::from_shared(url.to_owned())
            .map_err(|error| ConfigError::Address {
                setting: "EDGE_CONNECTOR",
                address: url.to_owned(),
                reason: error.to_string(),
                example: "http://localhost:8010",
            })?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        let bearer = |token: &Secret| {
            let mut value = MetadataValue::try_from(format!("Bearer {}", token.expose()))
                .map_err(|_| ConfigError::Token)?;
            value.set_sensitive(true);
            Ok(value)
        };
        Ok(Self {
            endpoint: url.to_owned(),
            client: ConnectorServiceClient::new(endpoint.connect_lazy())
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_MESSAGE),
            token: token.map(bearer).transpose()?,
        })
    }

    fn client(&self) -> ConnectorServiceClient<Channel> {
        self.client.clone()
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(CALL_TIMEOUT);
        if let Some(token) = &self.token {
            request.metadata_mut().insert(AUTHORIZATION, token.clone());
        }
        request
    }

    /// Waits for a call, at most [`CALL_TIMEOUT`].
    async fn call<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>> + Send,
    ) -> Result<T, RegistryError> {
        match tokio::time::timeout(CALL_TIMEOUT, call).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(self.error(status)),
            Err(elapsed) => Err(self.unavailable(elapsed)),
        }
    }

    fn error(&self, status: Status) -> RegistryError {
        match status.code() {
            Code::Aborted => RegistryError::Conflict,
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Cancelled
            | Code::Unknown
            | Code::Internal => self.unavailable(status),
            code => RegistryError::Rejected {
                endpoint: self.endpoint.clone(),
                code: format!("{code:?}"),
                message: status.message().to_owned(),
            },
        }
    }

    fn unavailable(&self, source: impl std::error::Error + Send + Sync + 'static) -> RegistryError {
        RegistryError::Unavailable { endpoint: self.endpoint.clone(), source: Box::new(source) }
    }

    fn registered(&self, asset: v1::Asset) -> Result<Registered, RegistryError> {
        let version = asset.version;
        let device = Device::try_from(asset).map_err(|error| RegistryError::Protocol {
            endpoint: self.endpoint.clone(),
            source: Box::new(error),
        })?;
        Ok(Registered { version, device })
    }
}

/// `None` for what the Connector does not know.
fn found<T>(result: Result<T, RegistryError>) -> Result<Option<T>, RegistryError> {
    match result {
        Err(RegistryError::Rejected { code, .. }) if code == format!("{:?}", Code::NotFound) => Ok(None),
        result => result.map(Some),
    }
}

impl Registry for Connector {
    fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    fn open_session<'a>(&'a self, sn: &'a str) -> BoxFuture<'a, Result<Option<Session>, RegistryError>> {
        Box::pin(async move {
            let request = self.request(v1::OpenSessionRequest { sn: sn.to_owned() });
            let opened = found(self.call(self.client().open_session(request)).await)?;
            Ok(opened.map(|v1::OpenSessionResponse { session, version, digest, .. }| Session {
                number: session,
                version,
                digest,
            }))
        })
    }

    fn register<'a>(&'a self, device: &'a Device) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            let request = self.request(v1::RegisterAssetRequest { asset: Some(device.into()) });
            self.call(self.client().register_asset(request)).await.map(drop)
        })
    }

    fn fetch<'a>(&'a self, sn: &'a str) -> BoxFuture<'a, Result<Option<Registered>, RegistryError>> {
        Box::pin(async move {
            let request = self.request(v1::GetAssetBySnRequest { sn: sn.to_owned() });
            let asset = found(self.call(self.client().get_asset_by_sn(request)).await)?;
            asset.map(|asset| self.registered(asset)).transpose()
        })
    }

    fn write<'a>(
        &'a self,
        declared: &'a Device,
        version: u64,
        batch: &'a Batch,
    ) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            let request = self.request(message(declared, version, batch));
            self.call(self.client().reconcile_asset(request)).await.map(drop)
        })
    }
}

fn message(declared: &Device, version: u64, batch: &Batch) -> v1::ReconcileAssetRequest {
    v1::ReconcileAssetRequest {
        sn: declared.sn.clone(),
        version,
        upsert: batch.upsert.iter().map(|asset: &Asset| asset.into()).collect(),
        delete: batch.delete.clone(),
        device: batch.describe.then(|| v1::DeviceDescription {
            name: declared.title.clone(),
            description: declared.description.clone(),
            model: declared.model.clone(),
        }),
    }
}
