//! How many objects devices have, and how many they may have. They are counted once for each device, where they are, and from
//! then on here: platforms that share a bucket do not see each other's.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::ObjectsError;

/// How many objects a device has; `None`: they are to be counted. Held while one of them is replaced.
pub(super) type Count = OwnedMutexGuard<Option<u64>>;

/// See the module.
#[derive(Debug)]
pub(super) struct Room {
    most: u64,
    devices: std::sync::Mutex<HashMap<String, Arc<Mutex<Option<u64>>>>>,
}

impl Room {
    pub(super) fn new(most: u64) -> Self {
        Self { most, devices: std::sync::Mutex::default() }
    }

    /// Waits for its turn on a device. Other devices do not wait: counting asks the bucket.
    pub(super) async fn enter(&self, device: &str) -> Count {
        let count = {
            let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(devices.entry(device.to_owned()).or_default())
        };
        count.lock_owned().await
    }

    /// Whether a device that has so many objects may have one more.
    pub(super) fn check(&self, objects: u64) -> Result<(), ObjectsError> {
        match objects >= self.most {
            true => Err(ObjectsError::TooMany { limit: self.most }),
            false => Ok(()),
        }
    }

    /// The device is deleted. Whoever waits for it keeps its turn.
    pub(super) fn forget(&self, device: &str, count: Count) {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::strong_count(OwnedMutexGuard::mutex(&count)) == 2 {
            devices.remove(device);
        }
    }
}
