//! What was read from the tables and will soon be asked for again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many answers are remembered.
const CAPACITY: usize = 16 * 1024;

/// How long, for another platform may write to the same database. Our own writes end it at once.
pub(super) const LIFE: Duration = Duration::from_secs(2);

/// Answers by key. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Remembered<V>(Arc<Mutex<Memory<V>>>);

#[derive(Debug)]
struct Memory<V> {
    /// Grows when something was written: what was read before that is not remembered.
    writes: u64,
    found: HashMap<String, (Instant, V)>,
}

/// Not known. With it goes what was found out, unless something was written in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    writes: u64,
}

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Memory { writes: 0, found: HashMap::new() })))
    }
}

impl<V: Clone> Remembered<V> {
    /// Something was written.
    pub(super) fn forget(&self) {
        let mut memory = self.lock();
        memory.writes += 1;
        memory.found.clear();
    }

    pub(super) fn get(&self, key: &str, now: Instant) -> Result<V, Unknown> {
        let memory = self.lock();
        match memory.found.get(key) {
            Some((at, value)) if now.duration_since(*at) < LIFE => Ok(value.clone()),
            _ => Err(Unknown { writes: memory.writes }),
        }
    }

    pub(super) fn put(&self, key: &str, value: V, unknown: Unknown, now: Instant) {
        let mut memory = self.lock();
        if memory.writes != unknown.writes {
            return;
        }
        if memory.found.len() >= CAPACITY {
            memory.found.clear();
        }
        memory.found.insert(key.to_owned(), (now, value));
    }

    fn lock(&self) -> MutexGuard<'_, Memory<V>> {
        // A map that a panic left behind is still a map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_write_is_not_remembered() {
        let memory = Remembered::default();
        let now = Instant::now();
        let unknown = memory.get("A", now).unwrap_err();
        memory.put("A", 1, unknown, now);
        assert_eq!(memory.get("A", now), Ok(1));
        assert!(memory.get("A", now + LIFE).is_err());
        memory.forget();
        assert!(memory.get("A", now).is_err());
        memory.put("A", 1, unknown, now);
        assert!(memory.get("A", now).is_err());
    }
}
