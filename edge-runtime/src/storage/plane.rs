//! The storage of a device, as its objects see it: something that takes contents and gives them back.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use edge_proto::DeviceId;
use edge_proto::object::{Description, Place};

use super::error::StorageError;
use super::event::Progress;
use super::object::Stored;
use crate::future::BoxFuture;

/// How long a transfer may stand still before it is taken for broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// Hears how far a transfer is.
pub(crate) type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// A file on its way to the platform.
pub(crate) struct Upload<'a> {
    pub(crate) path: &'a Path,
    pub(crate) place: Place,
    pub(crate) description: Description,
    pub(crate) patience: Duration,
    pub(crate) progress: OnProgress<'a>,
}

/// A content on its way from the platform.
pub(crate) struct Download<'a> {
    pub(crate) path: &'a Path,
    pub(crate) stored: Stored,
    pub(crate) patience: Duration,
    pub(crate) progress: OnProgress<'a>,
}

/// Where a platform keeps the contents of objects.
pub(crate) trait StoragePlane: Send + Sync + fmt::Debug + 'static {
    /// Stores a file, all of it or nothing.
    fn upload<'a>(&'a self, job: Upload<'a>) -> BoxFuture<'a, Result<Stored, StorageError>>;

    /// Writes a file, all of it or nothing.
    fn download<'a>(&'a self, job: Download<'a>) -> BoxFuture<'a, Result<Stored, StorageError>>;
}

/// The storage of a device: where its [`StorageObject`](crate::StorageObject)s are uploaded to, and downloaded from. See
/// [`DeviceHandle::storage`](crate::DeviceHandle::storage). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    device: DeviceId,
    plane: Option<Arc<dyn StoragePlane>>,
    patience: Duration,
}

impl Storage {
    pub(crate) fn new(device: DeviceId, plane: Option<Arc<dyn StoragePlane>>) -> Self {
        Self { device, plane, patience: PATIENCE }
    }

    /// For how long a transfer may stand still before it is taken for broken, and begun again from where it is. Default 30 s.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// That of another device, at the same platform.
    pub(super) fn of(&self, device: DeviceId) -> Self {
        Self { device, ..self.clone() }
    }

    /// The device whose storage it is.
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    fn plane(&self) -> Result<&dyn StoragePlane, StorageError> {
        self.plane.as_deref().ok_or(StorageError::Unsupported)
    }

    pub(super) async fn upload(
        &self,
        path: &Path,
        place: Place,
        description: Description,
        progress: OnProgress<'_>,
    ) -> Result<Stored, StorageError> {
        let patience = self.patience;
        self.plane()?.upload(Upload { path, place, description, patience, progress }).await
    }

    pub(super) async fn download(
        &self,
        path: &Path,
        stored: Stored,
        progress: OnProgress<'_>,
    ) -> Result<Stored, StorageError> {
        let patience = self.patience;
        self.plane()?.download(Download { path, stored, patience, progress }).await
    }
}
