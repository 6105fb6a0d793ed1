//! Who waits for room. Whoever gives up is forgotten: while there is none, that may be many.

use std::collections::BTreeMap;
use std::task::Waker;

/// A place among those who wait, if there is need of one. Not used twice: after a wake-up it stands for nothing.
#[derive(Debug, Default)]
pub(crate) struct Turn(Option<u64>);

/// Somebody who asks for room: the task to wake, and the place that is kept from one time to the next.
#[derive(Debug)]
pub(crate) struct Waiter<'a> {
    pub(crate) waker: &'a Waker,
    pub(crate) turn: &'a mut Turn,
}

/// Those who wait, by their places.
#[derive(Debug, Default)]
pub(super) struct Turns {
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

impl Turns {
    /// Wakes somebody when there is room, once. Returns who would have been woken in their place.
    pub(super) fn wait(&mut self, waiter: &mut Waiter<'_>) -> Option<Waker> {
        match waiter.turn.0.and_then(|place| self.waiting.get_mut(&place)) {
            Some(known) if known.will_wake(waiter.waker) => None,
            Some(known) => Some(std::mem::replace(known, waiter.waker.clone())),
            None => {
                waiter.turn.0 = Some(self.next);
                self.waiting.insert(self.next, waiter.waker.clone());
                self.next += 1;
                None
            }
        }
    }

    /// Somebody does not wait any more. It may have been woken before.
    pub(super) fn leave(&mut self, turn: &Turn) -> Option<Waker> {
        turn.0.and_then(|place| self.waiting.remove(&place))
    }

    /// All of them, to be woken.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Waker> + use<> {
        std::mem::take(&mut self.waiting).into_values()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}
