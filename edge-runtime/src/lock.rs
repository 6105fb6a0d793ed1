//! Locks that go on after a panic: what they guard is whole whenever somebody else's code may run.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic under the lock.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
