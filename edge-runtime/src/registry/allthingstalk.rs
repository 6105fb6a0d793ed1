//! AllThingsTalk's HTTP API as a [`Registry`], through any [`BaseClient`].

use std::sync::Arc;

use edge_proto::{Device, digest};

use super::{Opening, Registered, Registry, RegistryError, Session};
use crate::allthingstalk::{BaseClient, ClientError};
use crate::future::BoxFuture;
use crate::reconcile::Batch;

/// There are no sessions, and no versions.
const SESSION: u64 = 1;
const VERSION: u64 = 0;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct AllThingsTalk(pub(crate) Arc<dyn BaseClient>);

impl AllThingsTalk {
    /// What is registered. All but the assets is as it is declared: there is no place for it.
    async fn registered(&self, declared: &Device) -> Result<Device, RegistryError> {
        let assets = self.0.get_assets(&declared.sn).await.map_err(|error| no_device(error, &declared.sn))?;
        let assets = assets.into_iter().map(Into::into).collect();
        Ok(Device { assets, ..declared.clone() })
    }

    async fn apply(&self, sn: &str, batch: &Batch) -> Result<(), ClientError> {
        // An asset that was renamed in case only must go before it comes.
        for name in &batch.delete {
            match self.0.delete_asset(sn, name).await {
                Ok(()) | Err(ClientError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        for asset in &batch.create {
            self.0.create_asset(sn, asset).await?;
        }
        for asset in &batch.update {
            self.0.put_asset(sn, asset).await?;
        }
        Ok(())
    }
}

/// A device's token cannot make the device.
fn no_device(error: ClientError, sn: &str) -> RegistryError {
    match error {
        ClientError::NotFound { endpoint, message, .. } => RegistryError::Rejected {
            endpoint,
            code: "404".to_owned(),
            message: format!(
                "{message}; the device `{sn}` must be made there first, its id is the serial number"
            ),
        },
        error => error.into(),
    }
}

impl From<ClientError> for RegistryError {
    fn from(error: ClientError) -> Self {
        match error {
            // Whose address it is, the registry's error says.
            ClientError::Unavailable { endpoint, reason, source } => {
                Self::Unavailable { endpoint, source: source.unwrap_or_else(|| reason.into()) }
            }
            ClientError::Protocol { ref endpoint, .. } => {
                Self::Protocol { endpoint: endpoint.clone(), source: Box::new(error) }
            }
            // Somebody else has created it in between.
            ClientError::Exists { .. } => Self::Conflict,
            ClientError::Forbidden { endpoint, path, message } => {
                Self::Rejected { endpoint, code: "403".to_owned(), message: format!("{path}: {message}") }
            }
            ClientError::NotFound { endpoint, path, message } => {
                Self::Rejected { endpoint, code: "404".to_owned(), message: format!("{path}: {message}") }
            }
            ClientError::Rejected { endpoint, path, status, message } => {
                Self::Rejected { endpoint, code: status.to_string(), message: format!("{path}: {message}") }
            }
        }
    }
}

impl Registry for AllThingsTalk {
    fn endpoint(&self) -> String {
        self.0.endpoint()
    }

    fn open_session<'a>(
        &'a self,
        declared: &'a Device,
        _: Opening,
    ) -> BoxFuture<'a, Result<Option<Session>, RegistryError>> {
        Box::pin(async move {
            let digest = digest::of(&self.registered(declared).await?);
            // It keeps no models: nothing is checked by one.
            let (document_counts, document_known) = (true, false);
            Ok(Some(Session { number: SESSION, version: VERSION, digest, document_counts, document_known }))
        })
    }

    /// Devices are made by their owner.
    fn register<'a>(&'a self, _: &'a Device) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn fetch<'a>(&'a self, declared: &'a Device) -> BoxFuture<'a, Result<Option<Registered>, RegistryError>> {
        Box::pin(async move {
            Ok(Some(Registered { version: VERSION, device: self.registered(declared).await? }))
        })
    }

    fn remove<'a>(&'a self, sn: &'a str) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            match self.0.delete_device(sn).await {
                Ok(()) | Err(ClientError::NotFound { .. }) => Ok(()),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn write<'a>(
        &'a self,
        declared: &'a Device,
        _version: u64,
        batch: &'a Batch,
    ) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move { Ok(self.apply(&declared.sn, batch).await?) })
    }
}
