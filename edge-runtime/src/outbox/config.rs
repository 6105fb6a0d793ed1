//! What an outbox is told.

use std::path::PathBuf;

use edge_proto::DeviceId;

use super::store::DiskFaults;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/delivery.md")]
struct Page;

/// How many messages an outbox holds before setters wait.
const MESSAGES: usize = 10_000;
/// How many bytes of values it holds before setters wait.
const BYTES: usize = 16 * 1024 * 1024;

/// How much an outbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Capacity {
    pub(crate) fn and(self, more: Self) -> Self {
        let messages = self.messages.saturating_add(more.messages);
        Self { messages, bytes: self.bytes.saturating_add(more.bytes) }
    }
}

impl Default for Capacity {
    fn default() -> Self {
        Self { messages: MESSAGES, bytes: BYTES }
    }
}

/// How much the outbox of a connection holds, and where it stores what must survive the program. Given to
/// [`Platform::outbox`](crate::Platform::outbox).
///
/// A device that is started by itself has a connection and an outbox of its own, which its children share; so
/// does a [`Host`](crate::Host).
#[derive(Clone, Debug, Default)]
pub struct OutboxConfig {
    pub(crate) capacity: Capacity,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) faults: DiskFaults,
}

impl OutboxConfig {
    /// 10,000 messages, 16 MiB of values, nothing stored.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages wait before setters do, or drop something if their assets say so. Whatever is stored is
    /// in memory as well. At least 1.
    pub fn messages(mut self, most: usize) -> Self {
        self.capacity.messages = most.max(1);
        self
    }

    /// How many bytes of values wait, with 64 more for each. At least 1.
    pub fn bytes(mut self, most: usize) -> Self {
        self.capacity.bytes = most.max(1);
        self
    }

    /// Where states of assets with `retention = "stored"` are stored: a file `{serial number}.outbox` for each
    /// connection, readable for the program's user only. The folder is made if it is not there. It should be on a
    /// disk that flushes when it is told to, and outlive the program.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// For tests: the disk fails as it is told to.
    pub fn disk_faults(mut self, faults: &DiskFaults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// The file of a connection. Ids are names, so it is nowhere but in the folder.
    pub(crate) fn file(&self, owner: &DeviceId) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("{owner}.outbox")))
    }
}
