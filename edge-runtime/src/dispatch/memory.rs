//! The outcomes of the last commands, so that a command that comes again is answered and not run.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};
use std::sync::{Arc, Mutex};

use crate::lock::lock;
use crate::outbox::Outcome;

/// How many are remembered: twice as many as may wait, so that those that were refused because so many waited are
/// still known when all of these have been handled.
const CAPACITY: usize = 2 * super::mailbox::CAPACITY;

/// How many bytes of them are remembered, roughly.
const BYTES: usize = 16 * 1024 * 1024;

/// See the module. It takes next to nothing until there is something to remember: most devices are never commanded.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Option<Box<Remembered>>>);

impl Memory {
    /// The outcome of a command that was here before.
    pub(super) fn recall(&self, id: Option<&str>) -> Option<Arc<Outcome>> {
        lock(&self.0).as_ref()?.recall(id?)
    }

    /// Keeps an outcome.
    pub(super) fn remember(&self, outcome: &Arc<Outcome>) {
        lock(&self.0).get_or_insert_default().remember(outcome);
    }
}

/// Of a command's id.
type Hash = u64;

#[derive(Debug, Default)]
struct Remembered {
    hasher: RandomState,
    /// By the hash of the id, which is made once for each outcome, and not again when it goes or room is made. Should two ids
    /// have the same, the newer is remembered.
    outcomes: HashMap<Hash, Arc<Outcome>, BuildHasherDefault<AsItIs>>,
    /// Oldest first.
    order: VecDeque<(Hash, Arc<Outcome>)>,
    /// Of these.
    bytes: usize,
}

impl Remembered {
    fn recall(&self, id: &str) -> Option<Arc<Outcome>> {
        let known = self.outcomes.get(&self.hasher.hash_one(id))?;
        (known.id == id).then(|| Arc::clone(known))
    }

    fn remember(&mut self, outcome: &Arc<Outcome>) {
        let hash = self.hasher.hash_one(outcome.id.as_str());
        self.bytes += outcome.bytes();
        if let Some(former) = self.outcomes.insert(hash, Arc::clone(outcome)) {
            self.bytes -= former.bytes();
            let place = self.order.iter_mut().find(|(_, known)| Arc::ptr_eq(known, &former));
            place.into_iter().for_each(|(_, known)| *known = Arc::clone(outcome));
        } else {
            self.order.push_back((hash, Arc::clone(outcome)));
        }
        while self.order.len() > CAPACITY || self.bytes > BYTES {
            let Some((hash, oldest)) = self.order.pop_front() else { return };
            self.outcomes.remove(&hash);
            self.bytes -= oldest.bytes();
        }
    }
}

/// What is a hash already.
#[derive(Debug, Default)]
struct AsItIs(Hash);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        unreachable!("it is a number: {bytes:?}")
    }

    fn write_u64(&mut self, hash: Hash) {
        self.0 = hash;
    }

    fn finish(&self) -> Hash {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use edge_proto::payload::Status;

    use super::*;

    #[test]
    fn the_newest_are_remembered() {
        let mut memory = Remembered::default();
        for id in 0..=CAPACITY {
            let id = id.to_string();
            memory.remember(&Arc::new(Outcome { id, status: Status::Applied, value: None, reason: None }));
        }
        assert!(memory.recall("0").is_none());
        assert_eq!(memory.recall("1").map(|outcome| outcome.id.clone()), Some("1".to_owned()));
        assert_eq!(memory.order.len(), memory.outcomes.len());
    }

    #[test]
    fn large_ones_are_forgotten_sooner() {
        const LARGE: usize = 255 * 1024;
        let mut memory = Remembered::default();
        let outcome = |id: usize| {
            let (id, value) = (id.to_string(), Some(vec![b'1'; LARGE].into()));
            Arc::new(Outcome { id, status: Status::Applied, value, reason: None })
        };
        for id in 0..100 {
            memory.remember(&outcome(id));
            // Another word on the same command takes the place of the first.
            memory.remember(&outcome(id));
        }
        assert_eq!(memory.bytes, memory.order.iter().map(|(_, outcome)| outcome.bytes()).sum::<usize>());
        assert!(memory.bytes <= BYTES && memory.bytes > BYTES - 2 * LARGE, "{}", memory.bytes);
        assert_eq!(memory.order.len(), memory.outcomes.len());
        assert!(memory.recall("0").is_none() && memory.recall("99").is_some());
    }
}
