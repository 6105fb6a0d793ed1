//! The handle of a running device: what all devices have in common.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use edge_proto::DeviceId;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::error::CloseError;
use crate::core::{Core, Stats};
use crate::hub::Status;
use crate::model::DeviceModel;

/// How long `close` waits for deliveries.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A running device. The derive wraps it in a type of its own (`GreenhouseDevice`), which dereferences
/// to this one. Cheap to clone; all clones are the same device.
///
/// The device runs until [`close`](Self::close) is called or the program ends, also when all handles
/// are dropped.
#[derive(Clone, Debug)]
pub struct DeviceHandle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    core: Arc<Core>,
    tasks: Mutex<Option<Tasks>>,
    /// How closing ended. Sent once by the task that closes, received by all who wait for it.
    closed: watch::Sender<Option<Result<(), CloseError>>>,
}

/// What runs for a device. Owned by its handle, which stops it and waits for it.
#[derive(Debug)]
pub(crate) struct Tasks {
    /// Set to true: finish the command at hand, and no other.
    pub(crate) stop: watch::Sender<bool>,
    /// Runs the connection; registers the device before, if it started offline.
    pub(crate) connection: JoinHandle<()>,
    /// Runs the handler.
    pub(crate) dispatch: JoinHandle<()>,
}

impl DeviceHandle {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self(Arc::new(Inner { core, tasks: Mutex::new(None), closed: watch::Sender::new(None) }))
    }

    pub(crate) fn core(&self) -> &Core {
        &self.0.core
    }

    pub(crate) fn own(&self, tasks: Tasks) {
        *lock(&self.0.tasks) = Some(tasks);
    }

    /// The device's id: its serial number.
    pub fn id(&self) -> &DeviceId {
        &self.core().origin.id
    }

    /// What the device declares.
    pub fn model(&self) -> &'static DeviceModel {
        self.core().model
    }

    /// The number of this session, handed out by the registry; 0 until the device is registered.
    pub fn session(&self) -> u64 {
        self.core().origin.session()
    }

    /// Whether the device is connected and its commands arrive.
    pub fn is_online(&self) -> bool {
        matches!(*self.core().hub.status().borrow(), Status::Online)
    }

    /// Counters since the start.
    pub fn stats(&self) -> Stats {
        let core = self.core();
        core.counters.snapshot(core.hub.outbox.acknowledged(), core.hub.outbox.pending())
    }

    /// Stops taking values and commands, sends what is left, says goodbye, and ends the connection.
    /// Waits at most 5 s for the handler that is running (which must not wait for this itself), and 5 s
    /// for deliveries. A command whose handler is not done by then is not acknowledged: it comes again
    /// when the device is there again. Called again, it waits for the same end.
    ///
    /// # Errors
    /// When messages were not acknowledged in time: they are lost.
    ///
    /// # Cancel safety
    /// Cancel safe: closing goes on.
    pub async fn close(&self) -> Result<(), CloseError> {
        self.core().close();
        if let Some(tasks) = lock(&self.0.tasks).take() {
            let (closed, handle) = (self.0.closed.clone(), self.clone());
            tokio::spawn(async move {
                let count = handle.shut_down(tasks).await;
                closed.send_replace(Some(if count > 0 {
                    Err(CloseError::Undelivered { count })
                } else {
                    Ok(())
                }));
            });
        }
        let mut closed = self.0.closed.subscribe();
        match closed.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(result)) => *result,
            // The sender is ours, so it is there.
            Ok(None) | Err(_) => Ok(()),
        }
    }

    /// Returns how many messages were not acknowledged.
    async fn shut_down(&self, tasks: Tasks) -> usize {
        let Tasks { stop, connection, dispatch } = tasks;
        stop.send_replace(true);
        let abort = dispatch.abort_handle();
        if tokio::time::timeout(CLOSE_TIMEOUT, dispatch).await.is_err() {
            abort.abort();
        }
        self.core().hub.close(connection, CLOSE_TIMEOUT).await
    }

    /// Ends everything at once, as if the device had died.
    pub(crate) fn abort(&self) {
        self.core().close();
        if let Some(tasks) = lock(&self.0.tasks).take() {
            tasks.dispatch.abort();
            tasks.connection.abort();
        }
        self.core().hub.outbox.close();
    }
}

fn lock(tasks: &Mutex<Option<Tasks>>) -> MutexGuard<'_, Option<Tasks>> {
    tasks.lock().unwrap_or_else(PoisonError::into_inner)
}
