//! The outcomes of the last commands, so that a command that comes again is answered and not run.

use std::borrow::Borrow;
use std::collections::{HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};

use crate::lock::lock;
use crate::outbox::Outcome;

/// How many are remembered: twice as many as may wait, so that those that were refused because so many waited are
/// still known when all of these have been handled.
const CAPACITY: usize = 2 * super::mailbox::CAPACITY;

/// How many bytes of them are remembered, roughly.
const BYTES: usize = 16 * 1024 * 1024;

/// The outcome of a command that was here before.
pub(super) fn recall(memory: &Mutex<Memory>, id: Option<&str>) -> Option<Arc<Outcome>> {
    lock(memory).recall(id?)
}

/// Keeps an outcome.
pub(super) fn remember(memory: &Mutex<Memory>, outcome: &Arc<Outcome>) {
    lock(memory).remember(outcome);
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Memory {
    outcomes: HashSet<Known>,
    /// Oldest first.
    order: VecDeque<Arc<Outcome>>,
    /// Of these.
    bytes: usize,
}

impl Memory {
    fn recall(&self, id: &str) -> Option<Arc<Outcome>> {
        self.outcomes.get(id).map(|known| Arc::clone(&known.0))
    }

    fn remember(&mut self, outcome: &Arc<Outcome>) {
        self.bytes += outcome.bytes();
        if let Some(Known(former)) = self.outcomes.replace(Known(Arc::clone(outcome))) {
            self.bytes -= former.bytes();
            let place = self.order.iter_mut().find(|known| Arc::ptr_eq(known, &former));
            place.into_iter().for_each(|place| *place = Arc::clone(outcome));
        } else {
            self.order.push_back(Arc::clone(outcome));
        }
        while self.order.len() > CAPACITY || self.bytes > BYTES {
            let Some(oldest) = self.order.pop_front() else { return };
            self.outcomes.remove(&*oldest.id);
            self.bytes -= oldest.bytes();
        }
    }
}

/// An outcome, found by its command's id.
#[derive(Debug)]
struct Known(Arc<Outcome>);

impl Borrow<str> for Known {
    fn borrow(&self) -> &str {
        &self.0.id
    }
}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Known {}

#[cfg(test)]
mod tests {
    use edge_proto::payload::Status;

    use super::*;

    #[test]
    fn the_newest_are_remembered() {
        let mut memory = Memory::default();
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
        let mut memory = Memory::default();
        let outcome = |id: usize| {
            let (id, value) = (id.to_string(), Some(std::iter::repeat_n(b'1', LARGE).collect()));
            Arc::new(Outcome { id, status: Status::Applied, value, reason: None })
        };
        for id in 0..100 {
            memory.remember(&outcome(id));
            // Another word on the same command takes the place of the first.
            memory.remember(&outcome(id));
        }
        assert_eq!(memory.bytes, memory.order.iter().map(|outcome| outcome.bytes()).sum::<usize>());
        assert!(memory.bytes <= BYTES && memory.bytes > BYTES - 2 * LARGE, "{}", memory.bytes);
        assert_eq!(memory.order.len(), memory.outcomes.len());
        assert!(memory.recall("0").is_none() && memory.recall("99").is_some());
    }
}
