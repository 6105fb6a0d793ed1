//! What the services share.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::authority::Authority;
use crate::command::Commands;
use crate::counts::Counters;
use crate::ingest::{ReportEvent, StateEvent};
use crate::mqtt::{ClientIds, Feeds, Link};
use crate::objects::Objects;
use crate::presence::Notices;
use crate::store::{EditError, Store};

/// Shared by gRPC, HTTP, ingest and the owner.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) authority: Authority,
    pub(crate) commands: Commands,
    pub(crate) link: Link,
    pub(crate) feeds: Arc<Feeds>,
    /// Who is connected to the embedded broker; nobody, with another one.
    pub(crate) clients: Arc<ClientIds>,
    pub(crate) counters: Arc<Counters>,
    /// What the platform says of devices whose connection was lost.
    pub(crate) notices: Notices,
    /// Sent by ingest after the store has the state, received by whoever watches. A receiver that is
    /// too slow loses the oldest, and is told how many.
    pub(crate) states: broadcast::Sender<StateEvent>,
    /// As `states`, of alerts and data.
    pub(crate) reports: broadcast::Sender<ReportEvent>,
    /// Whether devices come into being on first contact by HTTP.
    pub(crate) auto_create: bool,
}

impl Platform {
    /// Deletes a device with all that it has, its storage objects included, and its child devices.
    pub(crate) async fn delete_device(&self, id: &str, version: u64) -> Result<(), EditError> {
        for device in self.store.delete(id, version).await? {
            self.objects.forget(&device).await;
        }
        Ok(())
    }
}
