//! How it stands with the content of an object, and who wants to know.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use edge_proto::DeviceId;
use edge_proto::object::Description;
use tokio::sync::watch;

use super::error::StorageError;
use super::object::{StorageObject, Stored};

use crate::lock::lock;

/// How it stands with the content of a [`StorageObject`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SyncStatus {
    /// Neither uploaded nor downloaded.
    #[default]
    NotInSync,
    /// On its way.
    SyncPending,
    /// Here and there the same.
    InSync,
    /// It did not arrive. The next [`sync`](StorageObject::sync) goes on from where it broke off.
    SyncFailed,
}

/// As `NOT_IN_SYNC`, `SYNC_PENDING`, `IN_SYNC`, `SYNC_FAILED`.
impl fmt::Display for SyncStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotInSync => "NOT_IN_SYNC",
            Self::SyncPending => "SYNC_PENDING",
            Self::InSync => "IN_SYNC",
            Self::SyncFailed => "SYNC_FAILED",
        })
    }
}

/// How much of a content has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that have arrived, those of earlier attempts included. Of an upload: that were handed to the network.
    pub bytes: u64,
    /// Of how many; `None`: not known yet.
    pub length: Option<u64>,
}

impl Progress {
    pub(crate) fn new(bytes: u64, length: u64) -> Self {
        Self { bytes, length: Some(length) }
    }
}

/// What became of one [`sync`](StorageObject::sync).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SyncEvent {
    /// The object.
    pub object: StorageObject,
    /// In sync, or failed.
    pub status: SyncStatus,
    /// Why it failed.
    pub error: Option<StorageError>,
    /// The device whose storage it was, also where `sync` was called for itself.
    pub device: DeviceId,
    /// The name of the asset whose setter wanted it, or of the alert or the format that was to be said; `None`: `sync` was
    /// called for itself.
    pub name: Option<&'static str>,
}

type Listener<T> = Arc<dyn Fn(T) + Send + Sync>;

#[derive(Clone, Default)]
pub(super) struct Listeners {
    pub(super) sync: Option<Listener<SyncEvent>>,
    pub(super) progress: Option<Listener<Progress>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    pub(super) status: SyncStatus,
    pub(super) progress: Progress,
    /// What the platform has.
    pub(super) stored: Option<Stored>,
    pub(super) error: Option<StorageError>,
}

/// What all clones of an object share.
#[derive(Default)]
pub(super) struct Shared {
    standing: watch::Sender<Standing>,
    /// What the platform has said of a content that was brought: there before it is said to be in sync, and the same from then on.
    described: OnceLock<Description>,
    listeners: Mutex<Listeners>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&*self.standing.borrow()).finish()
    }
}

impl Shared {
    pub(super) fn new(standing: Standing, listeners: Listeners) -> Arc<Self> {
        Arc::new(Self {
            standing: watch::Sender::new(standing),
            described: OnceLock::new(),
            listeners: Mutex::new(listeners),
        })
    }

    pub(super) fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Standing) -> T) -> T {
        read(&self.standing.borrow())
    }

    pub(super) fn listeners(&self) -> Listeners {
        lock(&self.listeners).clone()
    }

    pub(super) fn listen(&self, change: impl FnOnce(&mut Listeners)) {
        change(&mut lock(&self.listeners));
    }

    /// Whether the caller is the one who brings the content.
    pub(super) fn begin(&self) -> bool {
        self.standing.send_if_modified(|standing| {
            let begins = matches!(standing.status, SyncStatus::NotInSync | SyncStatus::SyncFailed);
            if begins {
                (standing.status, standing.error) = (SyncStatus::SyncPending, None);
            }
            begins
        })
    }

    pub(super) fn described(&self) -> Option<&Description> {
        self.described.get()
    }

    pub(super) fn end(&self, mut result: Result<Stored, StorageError>) {
        if let Some(described) = result.as_mut().ok().and_then(|stored| stored.described.take()) {
            self.described.get_or_init(|| described);
        }
        self.standing.send_modify(|standing| match result {
            Ok(stored) => (standing.status, standing.stored) = (SyncStatus::InSync, Some(stored)),
            Err(error) => (standing.status, standing.error) = (SyncStatus::SyncFailed, Some(error)),
        });
    }

    /// Waits until it is no longer on its way.
    pub(super) async fn ended(&self) -> Result<(), StorageError> {
        let mut standing = self.standing.subscribe();
        let is_over = |standing: &Standing| standing.status != SyncStatus::SyncPending;
        match standing.wait_for(is_over).await {
            Ok(standing) => standing.error.clone().map_or(Ok(()), Err),
            // The sender is ours.
            Err(_) => Ok(()),
        }
    }

    pub(super) fn progress(&self, progress: Progress) {
        self.standing.send_modify(|standing| standing.progress = progress);
        if let Some(listener) = self.listeners().progress {
            listener(progress);
        }
    }
}
