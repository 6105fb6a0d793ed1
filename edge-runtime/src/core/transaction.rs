//! Values by the indices of their assets, from whoever knows them only so: transactions over time, and access by name.

use std::any::Any;
use std::task::{Context, Poll};

use jiff::Timestamp;
use serde_json::Value;

use super::{By, Core, SetError, Shape};
use crate::outbox::Accepted;
use crate::value::codec::AnyValue;

impl Core {
    /// The asset of that name or alias.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.tables.find(name)
    }

    /// The value of an asset, in JSON.
    pub(crate) fn value(&self, index: usize) -> Value {
        self.read(|values| self.asset(index).codec.json(values.field(index)))
    }

    /// What was last accepted of an asset, to be told to the platform; and when it held.
    pub(crate) fn last_known(&self, index: usize) -> (Value, Timestamp) {
        let state = self.lock();
        let own = || (state.encoded[index].as_slice(), state.times[index]);
        let (json, at) = Self::last_told(&state, index).unwrap_or_else(own);
        (serde_json::from_slice(json).expect("encoded values are JSON"), at)
    }

    /// Reads a value of an asset from JSON; whether it is one that the asset can have, is another question.
    pub(crate) fn decode(&self, index: usize, json: Value) -> Result<AnyValue, SetError> {
        self.asset(index).decode(json).map_err(|refusal| self.refused(index, refusal))
    }

    /// Whether an asset could be set to this.
    pub(crate) fn validate(&self, index: usize, value: &dyn Any) -> Result<(), SetError> {
        self.encode_value(index, value).map(drop)
    }

    /// Sets several assets in one message, as soon as the outbox has room. Taken at most once: after `Ready`, not
    /// again. Without a time they hold now.
    pub(crate) fn poll_transaction(
        &self,
        values: &mut Vec<(usize, AnyValue)>,
        at: Option<Timestamp>,
        context: &Context<'_>,
    ) -> Poll<Result<Accepted, SetError>> {
        let _transaction = self.begin();
        let mut state = self.lock();
        self.is_open(&state, at)?;
        // Nothing computed changes with nothing.
        let virtuals: &[usize] = if values.is_empty() { &[] } else { &self.tables.virtuals };
        let assets = values.iter().map(|(index, _)| *index).chain(virtuals.iter().copied());
        if self.hub.outbox.poll_room(&self.origin, assets, context).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(self.apply(&mut state, std::mem::take(values), at, Shape::Together, By::Program))
    }
}
