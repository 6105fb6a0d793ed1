//! Objects of values, alerts and data that must be at the platform before anybody may hear of them.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use edge_proto::DeviceId;

use super::error::StorageError;
use super::object::StorageObject;
use super::plane::Storage;
use crate::future::BoxFuture;
use crate::value::Codec;

/// An object whose content is not at the platform yet.
#[derive(Debug)]
pub(crate) struct Missing {
    /// In whose storage it belongs.
    pub(crate) device: DeviceId,
    /// The asset or the field in whose value it is.
    pub(crate) of: &'static str,
    /// What is said with it: the asset, or the alert or the format whose field it is.
    pub(crate) said: &'static str,
    pub(crate) object: StorageObject,
}

/// Why an object is still missing.
#[derive(Debug)]
pub(crate) struct NotUploaded {
    pub(crate) device: DeviceId,
    pub(crate) of: &'static str,
    pub(crate) source: Arc<StorageError>,
}

impl Missing {
    /// Those of a value of this name, an asset's or a field's. `said`: what is said with it.
    #[inline]
    pub(crate) fn of(
        device: &DeviceId,
        said: &'static str,
        of: &'static str,
        codec: &Codec,
        value: &dyn Any,
    ) -> Vec<Self> {
        let mut objects = Vec::new();
        (codec.objects)(value, &mut objects);
        if objects.is_empty() {
            return Vec::new();
        }
        let missing = objects.into_iter().filter(StorageObject::must_upload);
        missing.map(|object| Self { device: device.clone(), of, said, object }).collect()
    }
}

/// Objects on their way to the platform, if there are any: the step before what they are in is accepted.
#[derive(Default)]
pub(crate) struct Uploading(Option<BoxFuture<'static, Result<(), NotUploaded>>>);

impl Uploading {
    /// Brings these to the storage of their device.
    pub(crate) fn new(missing: Vec<Missing>, storage: impl FnOnce() -> Storage) -> Self {
        Self((!missing.is_empty()).then(|| Box::pin(bring(storage(), missing)) as _))
    }

    /// Ready when all of them are at the platform. Asked before each look: whether what waits for them may still come to
    /// anything. Where one was not uploaded, it is told so, and says what the error is.
    #[inline]
    pub(crate) fn poll<E>(
        &mut self,
        context: &mut Context<'_>,
        may_go_on: impl FnOnce() -> Result<(), E>,
        tell: impl FnOnce(NotUploaded) -> E,
    ) -> Poll<Result<(), E>> {
        match self.0 {
            None => Poll::Ready(Ok(())),
            Some(_) => self.poll_uploaded(context, may_go_on, tell),
        }
    }

    fn poll_uploaded<E>(
        &mut self,
        context: &mut Context<'_>,
        may_go_on: impl FnOnce() -> Result<(), E>,
        tell: impl FnOnce(NotUploaded) -> E,
    ) -> Poll<Result<(), E>> {
        let Some(upload) = &mut self.0 else { return Poll::Ready(Ok(())) };
        may_go_on()?;
        let uploaded = ready!(upload.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(uploaded.map_err(tell))
    }
}

impl fmt::Debug for Uploading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Uploading").field(&self.0.is_some()).finish()
    }
}

/// One after the other. With the first that cannot be, it ends.
async fn bring(storage: Storage, missing: Vec<Missing>) -> Result<(), NotUploaded> {
    for Missing { device, of, said, object } in missing {
        let synced = object.sync_for(&storage.of(device.clone()), Some(said)).await;
        synced.map_err(|source| NotUploaded { device, of, source: Arc::new(source) })?;
    }
    Ok(())
}
