//! Transactions over a device and its declared children: one copy of the struct, with the children's
//! current values in it; all of it is accepted, or nothing is.

use std::any::Any;
use std::sync::Arc;
use std::task::{Poll, ready};

use jiff::Timestamp;

use super::draft::{Draft, Part, Unaccepted};
use super::kept::Kept;
use super::told::By;
use super::{Copied, Core, Encoded, SetError};
use crate::outbox::{Accepted, Entry, Waiter};
use crate::storage::Missing;
use crate::value::Values;
use crate::value::codec::Json;

/// A device's share of a transaction that has been checked.
struct Staged<'a> {
    part: Part<'a>,
    changed: Encoded,
    kept: Kept,
}

impl Core {
    /// Runs a transaction over a copy of the whole struct, as soon as the outbox has room: publishes what
    /// it changed in one message for each device. With objects that are not at the platform, it is a draft.
    pub(crate) fn poll_update<'a>(
        &'a self,
        copy: fn(&mut dyn Any) -> Box<dyn Values>,
        edit: impl FnOnce(&mut dyn Values),
        at: Option<Timestamp>,
        waiter: &mut Waiter<'_>,
    ) -> Poll<Result<Accepted, Unaccepted<'a>>> {
        let mut transactions = Vec::new();
        self.begin_all(&mut transactions);
        ready!(self.poll_ready(at, waiter))?;
        // No state is locked while the user's code runs: it may call getters.
        let mut values = self.whole(copy);
        edit(values.as_mut());
        let mut parts = Vec::new();
        self.split(values, &mut parts);
        let missing: Vec<Missing> = parts.iter_mut().flat_map(Part::missing).collect();
        Poll::Ready(if missing.is_empty() {
            Ok(self.accept(parts, at)?)
        } else {
            Err(Unaccepted::Waits(Draft::of(parts)?, missing))
        })
    }

    /// Accepts a draft whose objects are at the platform, as soon as the outbox has room. Taken at most once: after
    /// `Ready`, not again.
    pub(crate) fn poll_draft<'a>(
        &'a self,
        draft: &mut Draft<'a>,
        at: Option<Timestamp>,
        waiter: &mut Waiter<'_>,
    ) -> Poll<Result<Accepted, SetError>> {
        let mut transactions = Vec::new();
        self.begin_all(&mut transactions);
        ready!(self.poll_ready(at, waiter))?;
        Poll::Ready(self.accept(draft.take(), at))
    }

    /// Ready when a transaction can be made, or never can.
    fn poll_ready(&self, at: Option<Timestamp>, waiter: &mut Waiter<'_>) -> Poll<Result<(), SetError>> {
        self.may_set(at)?;
        self.poll_room(waiter).map(Ok)
    }

    /// Checks all parts, and publishes them, or none.
    fn accept(&self, parts: Vec<Part<'_>>, at: Option<Timestamp>) -> Result<Accepted, SetError> {
        let mut staged = parts.into_iter().map(Part::stage).collect::<Result<Vec<_>, _>>()?;
        let is_stored = staged.iter().any(Staged::is_stored);
        // The user's code, of all of them before anything has changed.
        staged.iter_mut().for_each(|staged| staged.prepare(is_stored));
        let changed = staged.iter().filter(|staged| !staged.changed.is_empty());
        let changed: Vec<&Self> = changed.map(|staged| staged.part.core).collect();
        let entries = staged.iter_mut().flat_map(|staged| staged.commit(at, is_stored));
        let entries: Vec<Entry> = entries.collect();
        let parts = changed.iter().map(|core| (Arc::clone(&core.origin), core.lock().seq));
        let mut accepted = self.hub.outbox.push_of(entries, parts.collect());
        changed.into_iter().for_each(|core| core.accepted(&mut core.lock(), &mut accepted));
        Ok(accepted)
    }

    /// Ready when there is room for whatever a transaction may change, here and below.
    fn poll_room(&self, waiter: &mut Waiter<'_>) -> Poll<()> {
        let assets = 0..self.model.assets.len();
        ready!(self.hub.outbox.poll_room(&self.origin, assets, waiter));
        self.children
            .iter()
            .map(|child| child.poll_room(waiter))
            .find(Poll::is_pending)
            .unwrap_or(Poll::Ready(()))
    }

    /// Begins a transaction on the device and all below it, parents first.
    fn begin_all<'a>(&'a self, transactions: &mut Vec<Copied<'a>>) {
        transactions.push(self.begin());
        self.children.iter().for_each(|child| child.begin_all(transactions));
    }

    /// A copy of the struct as everything is now, the children included.
    pub(crate) fn whole(&self, copy: fn(&mut dyn Any) -> Box<dyn Values>) -> Box<dyn Values> {
        let mut values = self.read(|values| copy(values.as_any()));
        for (index, (model, child)) in self.model.children.iter().zip(&self.children).enumerate() {
            (model.assign)(values.child(index), child.whole(model.copy));
        }
        values
    }

    /// The values of the device and of all below it, these first.
    fn split<'a>(&'a self, mut values: Box<dyn Values>, parts: &mut Vec<Part<'a>>) {
        for (index, (model, child)) in self.model.children.iter().zip(&self.children).enumerate() {
            child.split((model.copy)(values.child(index)), parts);
        }
        parts.push(Part { core: self, values });
    }
}

impl<'a> Part<'a> {
    /// Checks the values.
    fn stage(mut self) -> Result<Staged<'a>, SetError> {
        let core = self.core;
        self.values.recompute();
        let encoded = core.encode_all(self.values.as_mut())?;
        let state = core.lock();
        let differs = |(index, value): &(usize, Json)| state.encoded[*index] != *value;
        let changed: Encoded = encoded.into_iter().enumerate().filter(differs).collect();
        if state.closed && !changed.is_empty() {
            return Err(core.closed());
        }
        core.check_size(&changed)?;
        Ok(Staged { part: self, changed, kept: Kept::default() })
    }
}

impl Staged<'_> {
    fn is_stored(&self) -> bool {
        self.changed.iter().any(|(index, _)| self.part.core.tables.stores(*index))
    }

    /// Has what is known before the values are set: who observes them, and policies, need it.
    fn prepare(&mut self, is_stored: bool) {
        let Part { core, values } = &mut self.part;
        let mut state = core.lock();
        self.kept = core.kept(state.may_undo(is_stored));
        if !self.kept.is_needed() && state.policies.is_none() {
            return;
        }
        let state = &mut *state;
        for (index, json) in &self.changed {
            let value = values.field(*index);
            if self.kept.is_needed() {
                core.keep(&mut self.kept, *index, state.values.field(*index), value);
            }
            core.look(&mut state.policies, *index, json, value);
        }
    }

    fn commit(&mut self, at: Option<Timestamp>, is_stored: bool) -> Option<Entry> {
        let Part { core, values } = &mut self.part;
        let mut state = core.lock();
        std::mem::swap(&mut state.values, values);
        let mut changed = std::mem::take(&mut self.changed);
        if changed.is_empty() {
            return None;
        }
        let kept = std::mem::take(&mut self.kept);
        let moment = core.record(&mut state, &mut changed, kept, (at, By::Program), is_stored);
        (!changed.is_empty()).then(|| core.changed(moment, state.seq, changed))
    }
}
