//! What a transaction needs of the user's types besides their JSON: copies for observers and for what may be undone, and the
//! numbers that policies ask for. It has all of it before anything is changed for good, so a type that panics has changed
//! nothing.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;

use super::publish::Policies;
use super::undo::Undo;
use super::{Core, Encoded, Seen, State};
use crate::inbox::Inbox;
use crate::value::codec::{AnyValue, Json};

/// Copies of what a transaction replaces.
#[derive(Default)]
pub(super) struct Kept {
    /// Whether it may be undone.
    may_undo: bool,
    is_observed: bool,
    /// For each observer: what it is then, and what it was.
    seen: Vec<(Arc<Inbox<Seen>>, AnyValue, AnyValue)>,
    /// What may have to come back, by index.
    before: Vec<(usize, AnyValue)>,
}

impl Kept {
    /// Whether anything is to be copied.
    #[inline]
    pub(super) fn is_needed(&self) -> bool {
        self.may_undo || self.is_observed
    }

    /// Tells who observes, and leaves what may have to come back.
    pub(super) fn tell(self, at: Timestamp) -> Vec<(usize, AnyValue)> {
        self.seen.into_iter().for_each(|(inbox, value, previous)| inbox.push(Seen { value, previous, at }));
        self.before
    }
}

impl Core {
    /// Nothing yet.
    #[inline]
    pub(super) fn kept(&self, may_undo: bool) -> Kept {
        Kept { may_undo, is_observed: self.observers.are_there(), ..Kept::default() }
    }

    /// Whether a transaction that sets these may be undone. What is computed from them is not known yet.
    #[inline]
    pub(super) fn may_undo(&self, state: &State, set: &Encoded) -> bool {
        state.undo.as_ref().is_some_and(|undo| self.is_on_its_way(undo, set))
    }

    fn is_on_its_way(&self, undo: &Undo, set: &Encoded) -> bool {
        let mut touched = set.iter().map(|(index, _)| index).chain(&self.tables.virtuals);
        undo.is_any_open() || touched.any(|index| self.tables.stores(*index))
    }

    /// Copies what an asset was and what it will be.
    pub(super) fn keep(&self, kept: &mut Kept, index: usize, was: &dyn Any, will_be: &dyn Any) {
        let copy = self.asset(index).codec.copy;
        if kept.is_observed {
            for inbox in self.observers.of(index) {
                kept.seen.push((inbox, copy(will_be), copy(was)));
            }
        }
        if kept.may_undo {
            kept.before.push((index, copy(was)));
        }
    }

    /// Has an asset's policy look at a value that it is to decide of.
    #[inline]
    pub(super) fn look(
        &self,
        policies: &mut Option<Box<Policies>>,
        index: usize,
        json: &Json,
        value: &dyn Any,
    ) {
        if let Some(policies) = policies {
            policies.look(index, json, || (self.asset(index).codec.number)(value));
        }
    }

    /// Runs the user's code where nothing goes back should it panic, which is logged.
    pub(super) fn guarded<T>(&self, what: &str, run: impl FnOnce() -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(run)).ok();
        if done.is_none() {
            tracing::error!(device = %self.origin.id, "{what} has panicked");
        }
        done
    }
}
