//! Objects of values, alerts and data that must be at the platform before anybody may hear of them.

use std::any::Any;
use std::sync::Arc;

use edge_proto::DeviceId;

use super::error::StorageError;
use super::object::StorageObject;
use super::plane::Storage;
use crate::value::Codec;

/// An object whose content is not at the platform yet.
#[derive(Debug)]
pub(crate) struct Missing {
    /// In whose storage it belongs.
    pub(crate) device: DeviceId,
    /// The asset or the field in whose value it is.
    pub(crate) of: &'static str,
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
    /// Those of a value.
    #[inline]
    pub(crate) fn of(device: &DeviceId, name: &'static str, codec: &Codec, value: &dyn Any) -> Vec<Self> {
        let mut objects = Vec::new();
        (codec.objects)(value, &mut objects);
        if objects.is_empty() {
            return Vec::new();
        }
        let missing = objects.into_iter().filter(StorageObject::must_upload);
        missing.map(|object| Self { device: device.clone(), of: name, object }).collect()
    }
}

/// Brings objects to the platform, one after the other. With the first that cannot be, it ends.
pub(crate) async fn bring(storage: Storage, missing: Vec<Missing>) -> Result<(), NotUploaded> {
    for Missing { device, of, object } in missing {
        let synced = object.sync_for(&storage.of(device.clone()), Some(of)).await;
        synced.map_err(|source| NotUploaded { device, of, source: Arc::new(source) })?;
    }
    Ok(())
}
