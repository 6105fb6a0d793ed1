//! Transactions over a device and its declared children: one copy of the struct, with the children's
//! current values in it; all of it is accepted, or nothing is.

use std::any::Any;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, ready};

use jiff::Timestamp;
use smallvec::SmallVec;

use super::apply::{Before, Shape, replaced_of};
use super::publish::By;
use super::{Core, Encoded, SetError};
use crate::outbox::{Accepted, Entry};
use crate::value::Values;
use crate::value::codec::Json;

/// A device's share of a transaction that has been checked.
struct Staged<'a> {
    core: &'a Core,
    values: Box<dyn Values>,
    changed: Encoded,
}

impl Core {
    /// Runs a transaction over a copy of the whole struct, as soon as the outbox has room: publishes what
    /// it changed in one message for each device.
    pub(crate) fn poll_update(
        &self,
        copy: fn(&mut dyn Any) -> Box<dyn Values>,
        edit: impl FnOnce(&mut dyn Values),
        at: Option<Timestamp>,
        context: &Context<'_>,
    ) -> Poll<Result<Accepted, SetError>> {
        let mut transactions = Vec::new();
        self.begin_all(&mut transactions);
        if self.lock().closed {
            return Poll::Ready(Err(self.closed()));
        }
        if let Err(error) = self.check_time(at) {
            return Poll::Ready(Err(error));
        }
        if self.poll_room(context).is_pending() {
            return Poll::Pending;
        }
        // No state is locked while the user's code runs: it may call getters.
        let mut values = self.whole(copy);
        edit(values.as_mut());
        let mut staged = Vec::new();
        Poll::Ready(self.stage(values, &mut staged).map(|()| {
            let is_stored = staged.iter().any(Staged::is_stored);
            let changed = staged.iter().filter(|staged| !staged.changed.is_empty()).map(|staged| staged.core);
            let changed: Vec<&Self> = changed.collect();
            let entries = staged.iter_mut().flat_map(|staged| staged.commit(at, is_stored));
            let entries: Vec<Box<Entry>> = entries.collect();
            let parts = changed.iter().map(|core| (Arc::clone(&core.origin), core.lock().seq));
            let mut accepted = self.hub.outbox.push_of(entries, parts.collect());
            changed.into_iter().for_each(|core| core.accepted(&mut core.lock(), &mut accepted));
            accepted
        }))
    }

    /// Ready when there is room for whatever a transaction may change, here and below.
    fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        let assets = 0..self.model.assets.len();
        ready!(self.hub.outbox.poll_room(&self.origin, assets, context));
        self.children
            .iter()
            .map(|child| child.poll_room(context))
            .find(Poll::is_pending)
            .unwrap_or(Poll::Ready(()))
    }

    /// Begins a transaction on the device and all below it, parents first.
    fn begin_all<'a>(&'a self, transactions: &mut Vec<MutexGuard<'a, ()>>) {
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

    /// Checks the values of the device and of all below it.
    fn stage<'a>(
        &'a self,
        mut values: Box<dyn Values>,
        staged: &mut Vec<Staged<'a>>,
    ) -> Result<(), SetError> {
        for (index, (model, child)) in self.model.children.iter().zip(&self.children).enumerate() {
            child.stage((model.copy)(values.child(index)), staged)?;
        }
        values.recompute();
        let encoded = self.encode_all(values.as_mut())?;
        let state = self.lock();
        let differs = |(index, value): &(usize, Json)| state.encoded[*index] != *value;
        let changed: Encoded = encoded.into_iter().enumerate().filter(differs).collect();
        if state.closed && !changed.is_empty() {
            return Err(self.closed());
        }
        self.check_size(&changed)?;
        staged.push(Staged { core: self, values, changed });
        Ok(())
    }
}

impl Staged<'_> {
    fn is_stored(&self) -> bool {
        self.changed.iter().any(|(index, _)| self.core.tables.stores(*index))
    }

    fn commit(&mut self, at: Option<Timestamp>, is_stored: bool) -> SmallVec<[Box<Entry>; 1]> {
        let core = self.core;
        let mut state = core.lock();
        let before = match is_stored || core.observers.are_there() {
            false => Vec::new(),
            true => self.changed.iter().map(|(index, _)| (*index, core.copy(&mut state, *index))).collect(),
        };
        std::mem::swap(&mut state.values, &mut self.values);
        let changed = std::mem::take(&mut self.changed);
        let before: Before<'_> = replaced_of(&before).collect();
        core.record(&mut state, changed, &before, (at, Shape::Together, By::Program), is_stored)
    }
}
