//! The native platform as a [`Registry`]: devices by its Connector, and their models by its HTTP API.

use std::time::Duration;

use edge_proto::Device;
use edge_proto::document::ModelDocument;
use tokio::time::timeout;

use super::{Opening, Registered, Registry, RegistryError, Session};
use crate::connector::ConnectorClient;
use crate::future::BoxFuture;
use crate::http::{Body, HttpClient, HttpError, Method, Request, Status};
use crate::reconcile::Batch;

const MODELS: &str = "models";
/// The most bytes of a model, and of what is said of it.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug)]
pub(crate) struct Native {
    pub(crate) connector: ConnectorClient,
    pub(crate) http: HttpClient,
    /// Whether somebody has said where the HTTP API is: models are not put where there may be anything.
    pub(crate) is_known: bool,
}

impl Native {
    /// `None` for what there is not.
    async fn ask(&self, method: Method, urn: &str, body: Body) -> Result<Option<Vec<u8>>, RegistryError> {
        let request = Request { method, path: &[MODELS, urn], query: Vec::new(), headers: Vec::new(), body };
        let answer = async {
            let answer = self.http.send(request).await?;
            let status = answer.status;
            Ok((status, answer.read(MAX_ANSWER).await?))
        };
        let answer =
            timeout(PATIENCE, answer).await.map_err(|_| self.unavailable("no answer in time".into()))?;
        let (status, body) = answer.map_err(|error| self.failure(error))?;
        match status {
            Status::NOT_FOUND => Ok(None),
            status if status.is_success() => Ok(Some(body)),
            Status::TOO_MANY_REQUESTS | Status::REQUEST_TIMEOUT => {
                Err(self.unavailable(self.http.words(status, &body).into()))
            }
            status if status.is_server_error() => {
                Err(self.unavailable(self.http.words(status, &body).into()))
            }
            status => Err(self.rejected(status, self.http.words(status, &body))),
        }
    }

    fn rejected(&self, status: Status, message: String) -> RegistryError {
        RegistryError::Rejected {
            endpoint: self.http.endpoint().to_owned(),
            code: status.to_string(),
            message,
        }
    }

    fn unavailable(&self, source: Box<dyn std::error::Error + Send + Sync>) -> RegistryError {
        RegistryError::Unavailable { endpoint: self.http.endpoint().to_owned(), source }
    }

    fn failure(&self, error: HttpError) -> RegistryError {
        match error {
            HttpError::Broken(cause) => self.unavailable(cause),
            HttpError::Request(cause) => self.protocol(cause),
            HttpError::TooLarge => self.protocol("the answer is too large".into()),
        }
    }

    fn protocol(&self, source: Box<dyn std::error::Error + Send + Sync>) -> RegistryError {
        RegistryError::Protocol { endpoint: self.http.endpoint().to_owned(), source }
    }
}

impl Registry for Native {
    fn endpoint(&self) -> String {
        Registry::endpoint(&self.connector)
    }

    fn open_session<'a>(
        &'a self,
        declared: &'a Device,
        opening: Opening,
    ) -> BoxFuture<'a, Result<Option<Session>, RegistryError>> {
        self.connector.open_session(declared, opening)
    }

    fn register<'a>(&'a self, device: &'a Device) -> BoxFuture<'a, Result<(), RegistryError>> {
        Registry::register(&self.connector, device)
    }

    fn fetch<'a>(&'a self, declared: &'a Device) -> BoxFuture<'a, Result<Option<Registered>, RegistryError>> {
        self.connector.fetch(declared)
    }

    fn remove<'a>(&'a self, sn: &'a str) -> BoxFuture<'a, Result<(), RegistryError>> {
        Registry::remove(&self.connector, sn)
    }

    fn write<'a>(
        &'a self,
        declared: &'a Device,
        version: u64,
        batch: &'a Batch,
    ) -> BoxFuture<'a, Result<(), RegistryError>> {
        self.connector.write(declared, version, batch)
    }

    fn keeps_models(&self) -> bool {
        self.is_known
    }

    fn model<'a>(&'a self, urn: &'a str) -> BoxFuture<'a, Result<Option<ModelDocument>, RegistryError>> {
        Box::pin(async move {
            let Some(body) = self.ask(Method::GET, urn, Body::Empty).await? else { return Ok(None) };
            let text = String::from_utf8(body).map_err(|error| self.protocol(error.into()))?;
            let model = ModelDocument::from_json(&text).map_err(|error| self.protocol(error.into()))?;
            // Who asked would take it for the one that was meant, and keep it.
            if model.urn != urn {
                return Err(self.protocol(format!("the model `{}` and not `{urn}`", model.urn).into()));
            }
            Ok(Some(model))
        })
    }

    fn put_model<'a>(&'a self, model: &'a ModelDocument) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            let body = Body::Json(model.to_json().into_bytes());
            let put = self.ask(Method::PUT, &model.urn, body).await?;
            let missing = || self.rejected(Status::NOT_FOUND, "it keeps no models".to_owned());
            put.map(drop).ok_or_else(missing)
        })
    }
}
