//! Disks that fail, for tests.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::lock::lock;

/// Lets the disk under an outbox's store fail as it is told to. Cheap to clone: all clones are the same disk.
///
/// ```
/// # use edge_runtime::testing::{DiskFaults, MemoryPlatform};
/// use edge_runtime::OutboxConfig;
///
/// let faults = DiskFaults::default();
/// let folder = std::env::temp_dir();
/// let config = OutboxConfig::new().folder(folder).disk_faults(&faults);
/// let platform = MemoryPlatform::new().platform().outbox(config);
/// faults.fill(true); // from now on there is no room
/// ```
#[derive(Clone, Debug, Default)]
pub struct DiskFaults(Arc<Switches>);

#[derive(Debug, Default)]
struct Switches {
    full: AtomicBool,
    broken: AtomicBool,
    held: Mutex<bool>,
    released: Condvar,
}

impl DiskFaults {
    /// With `true`, the disk is full: writing fails.
    pub fn fill(&self, full: bool) {
        self.0.full.store(full, Relaxed);
    }

    /// With `true`, nothing that is written reaches the disk: flushing fails.
    pub fn break_flush(&self, broken: bool) {
        self.0.broken.store(broken, Relaxed);
    }

    /// With `true`, flushing takes until this is called with `false`: what is set meanwhile is on its way.
    pub fn hold_flush(&self, held: bool) {
        *lock(&self.0.held) = held;
        self.0.released.notify_all();
    }

    pub(super) fn write(&self) -> io::Result<()> {
        if self.0.full.load(Relaxed) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        let released = self.0.released.wait_while(lock(&self.0.held), |held| *held);
        drop(released.unwrap_or_else(PoisonError::into_inner));
        if self.0.broken.load(Relaxed) { Err(io::Error::other("the disk does not flush")) } else { Ok(()) }
    }
}
