//! How many objects devices have, and how many they may have. They are counted once for each device, where they are, and from
//! then on here: platforms that share a bucket do not see each other's.

use std::collections::HashMap;

use super::ObjectsError;

/// See the module.
#[derive(Debug)]
pub(super) struct Room {
    most: u64,
    known: HashMap<String, u64>,
}

impl Room {
    pub(super) fn new(most: u64) -> Self {
        Self { most, known: HashMap::new() }
    }

    pub(super) fn is_known(&self, device: &str) -> bool {
        self.known.contains_key(device)
    }

    pub(super) fn know(&mut self, device: &str, objects: u64) {
        self.known.insert(device.to_owned(), objects);
    }

    /// Whether the device may have one more.
    pub(super) fn check(&self, device: &str) -> Result<(), ObjectsError> {
        match self.known.get(device).is_some_and(|objects| *objects >= self.most) {
            true => Err(ObjectsError::TooMany { limit: self.most }),
            false => Ok(()),
        }
    }

    pub(super) fn add(&mut self, device: &str) {
        self.known.entry(device.to_owned()).and_modify(|objects| *objects += 1);
    }

    pub(super) fn remove(&mut self, device: &str) {
        self.known.entry(device.to_owned()).and_modify(|objects| *objects = objects.saturating_sub(1));
    }

    /// The device is deleted.
    pub(super) fn forget(&mut self, device: &str) {
        self.known.remove(device);
    }
}
