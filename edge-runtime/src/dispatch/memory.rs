//! The outcomes of the last commands, so that a command that comes again is answered and not run.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use edge_proto::payload::Outcome;

use crate::lock::lock;

/// How many are remembered: twice as many as may wait, so that those that were refused because so many waited are
/// still known when all of these have been handled.
const CAPACITY: usize = 2 * super::mailbox::CAPACITY;

/// The outcome of a command that was here before.
pub(super) fn recall(memory: &Mutex<Memory>, id: Option<&str>) -> Option<Outcome> {
    lock(memory).recall(id?)
}

/// Keeps an outcome.
pub(super) fn remember(memory: &Mutex<Memory>, outcome: &Outcome) {
    lock(memory).remember(outcome);
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Memory {
    outcomes: HashMap<String, Outcome>,
    /// Oldest first.
    order: VecDeque<String>,
}

impl Memory {
    fn recall(&self, id: &str) -> Option<Outcome> {
        self.outcomes.get(id).cloned()
    }

    fn remember(&mut self, outcome: &Outcome) {
        if self.outcomes.insert(outcome.id.clone(), outcome.clone()).is_none() {
            self.order.push_back(outcome.id.clone());
        }
        if self.order.len() > CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.outcomes.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use edge_proto::payload::Status;

    use super::*;

    #[test]
    fn the_newest_are_remembered() {
        let mut memory = Memory::default();
        for id in 0..=CAPACITY {
            memory.remember(&Outcome {
                id: id.to_string(),
                status: Status::Applied,
                value: None,
                reason: None,
            });
        }
        assert!(memory.recall("0").is_none());
        assert_eq!(memory.recall("1").map(|outcome| outcome.id), Some("1".to_owned()));
        assert_eq!(memory.order.len(), memory.outcomes.len());
    }
}
