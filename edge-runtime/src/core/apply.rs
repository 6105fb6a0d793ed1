//! What is set: encoded, assigned, and given to the outbox with what is computed from it, all or nothing.

use std::any::Any;
use std::iter::zip;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Poll, ready};

use edge_proto::{Refusal, payload};
use jiff::Timestamp;
use smallvec::{SmallVec, smallvec};

use super::kept::Kept;
use super::told::By;
use super::{Core, Encoded, OVERHEAD, SetError, State};
use crate::clock::Moment;
use crate::outbox::{Accepted, Waiter};
use crate::value::codec::{AnyValue, Json};

/// How a transaction travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A message for each asset, on its own topic.
    Apart,
    /// One message.
    Together,
}

/// How values are made the state: when they hold, how they travel, and who has set them.
type How = (Option<Timestamp>, Shape, By);

/// A new value by index. What it has replaced is in its place afterwards.
type Assigned<'a> = (usize, &'a mut dyn Any);

impl Core {
    /// Sets one asset, as soon as the outbox has room. Taken at most once: after `Ready`, not again. Without
    /// a time it holds now.
    pub(crate) fn poll_set(
        &self,
        index: usize,
        value: &mut Option<AnyValue>,
        at: Option<Timestamp>,
        waiter: &mut Waiter<'_>,
    ) -> Poll<Result<Accepted, SetError>> {
        value.iter().try_for_each(|value| self.fits(index, value.as_ref()))?;
        let mut state = self.change();
        self.is_open(&state, at)?;
        // Mostly there is room for all.
        if self.tables.may_wait[index] || self.hub.outbox.is_full() {
            ready!(self.hub.outbox.poll_room(&self.origin, self.touched(index), waiter));
        }
        let Some(mut value) = value.take() else { return Poll::Ready(Ok(Accepted::default())) };
        Poll::Ready(self.apply(&mut state, [(index, value.as_mut())], (at, Shape::Apart, By::Program)))
    }

    /// Sets several assets in one message, as soon as the outbox has room. Taken at most once: after `Ready`, not
    /// again. Without a time they hold now.
    pub(crate) fn poll_transaction(
        &self,
        values: &mut Vec<(usize, AnyValue)>,
        at: Option<Timestamp>,
        waiter: &mut Waiter<'_>,
    ) -> Poll<Result<Accepted, SetError>> {
        values.iter().try_for_each(|(index, value)| self.fits(*index, value.as_ref()))?;
        let mut state = self.change();
        // Nothing computed changes with nothing.
        let virtuals: &[usize] = if values.is_empty() { &[] } else { &self.tables.virtuals };
        let assets = values.iter().map(|(index, _)| index).chain(virtuals).copied();
        self.is_open(&state, at)?;
        ready!(self.hub.outbox.poll_room(&self.origin, assets, waiter));
        let mut values = std::mem::take(values);
        Poll::Ready(self.apply(&mut state, assigned(&mut values), (at, Shape::Together, By::Program)))
    }

    /// Makes applied command values the state, and tells `tell` of each in JSON. Never waits for room: no command is taken
    /// when there is far too much already.
    pub(crate) fn applied(
        &self,
        values: &mut [(usize, AnyValue)],
        mut tell: impl FnMut(usize, &Json),
    ) -> Result<Accepted, SetError> {
        let shape = if values.len() == 1 { Shape::Apart } else { Shape::Together };
        let mut state = self.change();
        let accepted = self.apply(&mut state, assigned(values), (None, shape, By::Command))?;
        values.iter().for_each(|(index, _)| tell(*index, &state.encoded[*index]));
        Ok(accepted)
    }

    /// What may change when an asset is set: it, and what is computed.
    fn touched(&self, index: usize) -> impl Iterator<Item = usize> + Clone {
        std::iter::once(index).chain(self.tables.virtuals.iter().copied())
    }

    /// Whether something could be set now, as far as nobody has looked at it.
    pub(crate) fn may_set(&self, at: Option<Timestamp>) -> Result<(), SetError> {
        self.is_open(&self.lock(), at)
    }

    #[inline]
    fn is_open(&self, state: &State, at: Option<Timestamp>) -> Result<(), SetError> {
        if state.closed {
            return Err(self.closed());
        }
        self.check_time(at)
    }

    #[inline]
    fn check_time(&self, at: Option<Timestamp>) -> Result<(), SetError> {
        at.map_or(Ok(()), |at| self.check_said(at))
    }

    fn check_said(&self, at: Timestamp) -> Result<(), SetError> {
        let wrong = |_| SetError::Time { device: self.origin.id.to_string(), at };
        payload::check_time(at).map(drop).map_err(wrong)
    }

    /// Assigns checked values, computes the virtual assets, and publishes both. All or nothing: also
    /// when the user's computation panics, which the caller then does as well. Generic over the list: of one
    /// that has one value, rustc leaves out what sorts and merges.
    #[inline]
    fn apply<'v>(
        &self,
        state: &mut State,
        mut values: impl AsMut<[Assigned<'v>]>,
        (at, shape, by): How,
    ) -> Result<Accepted, SetError> {
        let values = values.as_mut();
        // In the order of the assets; what is set twice is what it was set to last.
        if values.len() > 1 {
            values.sort_by_key(|(index, _)| *index);
        }
        // What is encoded, copied and asked is the user's code, too: before anything has changed.
        let mut changed = self.encode_set(state, values)?;
        if changed.is_empty() {
            return Ok(Accepted::default());
        }
        let mut kept = self.kept(self.may_undo(state, &changed));
        if kept.is_needed() || state.policies.is_some() {
            self.prepare_set(state, values, &changed, &mut kept);
        }
        if self.tables.virtuals.is_empty() {
            values.iter_mut().for_each(|(index, value)| self.swap(state, *index, *value));
        } else {
            self.swap_and_compute(state, values, &mut changed, &mut kept)?;
        }
        let is_stored = changed.iter().any(|(index, _)| self.tables.stores(*index));
        let moment = self.record(state, &mut changed, kept, (at, by), is_stored);
        Ok(self.tell(state, moment, changed, shape))
    }

    /// Gives what is told of a transaction to the outbox.
    #[inline]
    fn tell(&self, state: &mut State, moment: Moment, values: Encoded, shape: Shape) -> Accepted {
        let (outbox, seq) = (&self.hub.outbox, state.seq);
        let mut accepted = match values.len() {
            0 => Accepted::default(),
            2.. if shape == Shape::Apart => {
                let entry = |state| self.changed(moment, seq, smallvec![state]);
                outbox.push(values.into_iter().map(entry).collect::<Vec<_>>())
            }
            _ => outbox.push([self.changed(moment, seq, values)]),
        };
        self.accepted(state, &mut accepted);
        accepted
    }

    /// Has what is known before values are set: who observes them, and policies, need it.
    fn prepare_set(&self, state: &mut State, values: &[Assigned<'_>], set: &Encoded, kept: &mut Kept) {
        for ((index, json), (_, value)) in zip(set, last_of(values)) {
            if kept.is_needed() {
                self.keep(kept, *index, state.values.field(*index), &**value);
            }
            self.look(&mut state.policies, *index, json, &**value);
        }
    }

    /// ... and what is known when the virtual assets are computed, of which these have changed and all were that.
    fn prepare_computed(
        &self,
        state: &mut State,
        virtuals: &[(usize, AnyValue)],
        computed: &[(usize, Json)],
        kept: &mut Kept,
    ) {
        for (index, json) in computed {
            let State { policies, values, .. } = state;
            let value = values.field(*index);
            let was = virtuals.iter().find(|(was, _)| was == index);
            if let Some((_, was)) = was.filter(|_| kept.is_needed()) {
                self.keep(kept, *index, was.as_ref(), value);
            }
            self.look(policies, *index, json, value);
        }
    }

    /// Assigns values, and computes the virtual assets from them; otherwise everything is as it was.
    fn swap_and_compute(
        &self,
        state: &mut State,
        values: &mut [Assigned<'_>],
        changed: &mut Encoded,
        kept: &mut Kept,
    ) -> Result<(), SetError> {
        let (set, mut virtuals) = (changed.len(), self.copy_virtuals(state));
        values.iter_mut().for_each(|(index, value)| self.swap(state, *index, *value));
        let computed = catch_unwind(AssertUnwindSafe(|| {
            state.values.recompute();
            self.encode_computed(state, changed)?;
            self.prepare_computed(state, &virtuals, &changed[set..], kept);
            Ok(())
        }));
        if let Ok(Ok(())) = computed {
            return Ok(());
        }
        virtuals.iter_mut().for_each(|(index, value)| self.swap(state, *index, value.as_mut()));
        values.iter_mut().rev().for_each(|(index, value)| self.swap(state, *index, *value));
        computed.unwrap_or_else(|panic| resume_unwind(panic))
    }

    pub(super) fn copy_virtuals(&self, state: &mut State) -> Vec<(usize, AnyValue)> {
        self.tables.virtuals.iter().map(|&index| (index, self.copy(state, index))).collect()
    }

    pub(super) fn copy(&self, state: &mut State, index: usize) -> AnyValue {
        (self.asset(index).codec.copy)(state.values.field(index))
    }

    /// Exchanges a field and a value.
    pub(super) fn swap(&self, state: &mut State, index: usize, value: &mut dyn Any) {
        (self.asset(index).codec.swap)(state.values.field(index), value);
    }

    /// Checked values, in the order of their assets; of what is set twice, the last.
    #[inline]
    fn encode_set(&self, state: &mut State, values: &[Assigned<'_>]) -> Result<Encoded, SetError> {
        let State { scratch, .. } = state;
        if let [(index, value)] = values {
            self.encode_checked(*index, &**value, scratch)?;
            return Ok(Encoded::from_buf([(*index, Json::written(scratch))]));
        }
        let mut set = Encoded::with_capacity(values.len());
        for (index, value) in last_of(values) {
            self.encode_checked(*index, &**value, scratch)?;
            set.push((*index, Json::written(scratch)));
        }
        self.check_size(&set)?;
        Ok(set)
    }

    /// The virtual assets that have changed, behind those that were set.
    pub(super) fn encode_computed(&self, state: &mut State, changed: &mut Encoded) -> Result<(), SetError> {
        let State { values, scratch, encoded, .. } = state;
        for &index in &self.tables.virtuals {
            let value = self.encode(index, values.field(index), scratch)?;
            if value != encoded[index] {
                changed.push((index, value));
            }
        }
        self.check_size(changed)
    }

    /// A transaction is one message, and a message has a limit.
    pub(super) fn check_size(&self, changed: &Encoded) -> Result<(), SetError> {
        let bytes = size(changed);
        match changed.last() {
            Some(&(index, _)) if bytes > payload::MAX_BYTES => {
                Err(self.refused(index, Refusal::TooLarge { bytes, limit: payload::MAX_BYTES }))
            }
            _ => Ok(()),
        }
    }

    /// Gives a transaction its time and number: what has changed, and that is something, is what was last accepted. Leaves of it what is
    /// told now. No code of the user's types runs in it.
    #[inline]
    pub(super) fn record(
        &self,
        state: &mut State,
        changed: &mut Encoded,
        kept: Kept,
        (at, by): (Option<Timestamp>, By),
        is_stored: bool,
    ) -> Moment {
        state.seq += 1;
        let moment = at.map_or_else(|| self.hub.clock.now(), Moment::said);
        let at = moment.at;
        if is_stored || state.undo.is_some() || kept.is_needed() {
            let before = kept.tell(at);
            Self::remember(state, changed, before, is_stored);
        }
        for (index, value) in changed.iter() {
            state.encoded[*index].clone_from(value);
            state.times[*index] = at;
        }
        self.counters.states.add(changed.len());
        self.counters.stamped(moment, changed.len(), &self.hub.metrics);
        tracing::trace!(device = %self.origin.id, states = changed.len(), seq = state.seq, "accepted");
        if state.policies.as_ref().is_some_and(|policies| policies.concern(changed)) {
            self.let_through(state, changed, moment, by);
        }
        moment
    }
}

fn assigned(values: &mut [(usize, AnyValue)]) -> SmallVec<[Assigned<'_>; 1]> {
    values.iter_mut().map(|(index, value)| (*index, value.as_mut() as &mut dyn Any)).collect()
}

/// Of values in the order of their assets, what each is set to last.
fn last_of<'a, 'v>(values: &'a [Assigned<'v>]) -> impl Iterator<Item = &'a Assigned<'v>> {
    let is_last = |at: usize| values.get(at + 1).is_none_or(|(next, _)| *next != values[at].0);
    values.iter().enumerate().filter(move |(at, _)| is_last(*at)).map(|(_, value)| value)
}

/// How long a message of these states is, or less.
pub(super) fn size(states: &[(usize, Json)]) -> usize {
    states.iter().map(|(_, value)| value.len() + OVERHEAD).sum()
}
