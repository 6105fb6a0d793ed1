//! The core of a running device: its values, and the transactions that change and publish them. Not
//! generic: it is compiled once, whatever devices there are.

mod draft;
mod error;
mod observers;
mod publish;
mod report;
mod stats;
mod tables;
mod transaction;
mod tree;
mod undo;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use edge_proto::Refusal;
use edge_proto::payload::{self, Outcome, PresenceStatus};
use jiff::Timestamp;
use smallvec::{SmallVec, smallvec};
use tokio::time::Instant;

pub(crate) use draft::{Draft, Unaccepted};
pub use error::SetError;
pub(crate) use observers::Seen;
pub use stats::Stats;

use self::observers::Observers;
use self::publish::{Alarm, By, Policies};
use self::stats::Counters;
use self::tables::Tables;
use self::undo::Undo;
use crate::hub::Hub;
use crate::model::{AssetModel, DeviceModel};
use crate::origin::Origin;
use crate::outbox::{Accepted, Body, Entry, Scope, States};
use crate::value::Values;
use crate::value::codec::AnyValue;

/// Room for time, session, number and names around a value.
const OVERHEAD: usize = 224;

/// How a transaction travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A message for each asset, on its own topic.
    Apart,
    /// One message.
    Together,
}

/// New values by index, in JSON.
type Encoded = crate::outbox::Encoded;

struct State {
    values: Box<dyn Values>,
    /// What was last accepted, by index.
    encoded: Vec<Vec<u8>>,
    /// When that held, by index.
    times: Vec<Timestamp>,
    /// Counts transactions.
    seq: u64,
    /// Where something of the device is stored.
    undo: Option<Undo>,
    /// Where an asset has one.
    policies: Option<Box<Policies>>,
    closed: bool,
}

/// See the module.
pub(crate) struct Core {
    pub(crate) origin: Arc<Origin>,
    pub(crate) model: &'static DeviceModel,
    pub(crate) hub: Arc<Hub>,
    pub(crate) counters: Counters,
    /// The declared children, in the model's order.
    children: Vec<Arc<Self>>,
    tables: Arc<Tables>,
    alarm: Alarm,
    observers: Observers,
    /// Held by whoever changes the state, from reading it to publishing it. Always taken before `state`,
    /// which is held for moments only, so that getters never wait for a transaction.
    transaction: Mutex<()>,
    state: Mutex<State>,
}

impl Core {
    /// Takes the first values.
    ///
    /// # Errors
    /// When one of them does not fit its asset.
    pub(crate) fn new(
        origin: Arc<Origin>,
        model: &'static DeviceModel,
        hub: Arc<Hub>,
        mut values: Box<dyn Values>,
        children: Vec<Arc<Self>>,
    ) -> Result<Self, SetError> {
        values.recompute();
        let tables = Tables::of(model);
        let undo = tables.is_stored.then(|| Undo::new(model.assets.len()));
        let core = Self {
            origin,
            model,
            hub,
            counters: Counters::default(),
            children,
            tables,
            alarm: Alarm::default(),
            observers: Observers::default(),
            transaction: Mutex::default(),
            state: Mutex::new(State {
                values,
                encoded: Vec::new(),
                times: vec![Timestamp::now(); model.assets.len()],
                seq: 0,
                undo,
                policies: Policies::of(model, Instant::now()),
                closed: false,
            }),
        };
        let encoded = core.encode_all(core.lock().values.as_mut())?;
        core.lock().encoded = encoded;
        Ok(core)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Code of the user's that panics under it has changed nothing: see `apply`.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> MutexGuard<'_, ()> {
        self.transaction.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asset(&self, index: usize) -> &'static AssetModel {
        &self.model.assets[index]
    }

    fn refused(&self, index: usize, refusal: Refusal) -> SetError {
        let (device, asset) = (self.origin.id.to_string(), self.asset(index).name.to_owned());
        SetError::Refused { device, asset, refusal }
    }

    fn closed(&self) -> SetError {
        SetError::Closed { device: self.origin.id.to_string() }
    }

    /// Reads something of the values.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&mut dyn Values) -> T) -> T {
        read(self.lock().values.as_mut())
    }

    /// The value of an asset, whose type the caller knows.
    pub(crate) fn get<T: 'static>(&self, index: usize) -> T {
        let mut copy = None::<T>;
        self.read(|values| (self.asset(index).codec.get)(values.field(index), &mut copy));
        copy.expect("a codec copies what it is given")
    }

    /// The value of an asset as it is.
    pub(crate) fn current(&self, index: usize) -> AnyValue {
        self.read(|values| (self.asset(index).codec.copy)(values.field(index)))
    }

    /// A value of an asset in JSON.
    pub(crate) fn json(&self, index: usize, value: &dyn Any) -> Vec<u8> {
        let mut json = Vec::with_capacity(24);
        (self.asset(index).codec.encode)(value, &mut json);
        json
    }

    /// Whether an asset has a value already, as far as JSON can tell.
    pub(crate) fn has(&self, index: usize, value: &dyn Any) -> bool {
        self.json(index, self.current(index).as_ref()) == self.json(index, value)
    }

    /// Checks a value against its asset's limits.
    pub(crate) fn check(&self, index: usize, value: &dyn Any) -> Result<(), Refusal> {
        self.asset(index).codec.fits(value, &self.tables.limits[index])
    }

    fn encode(&self, index: usize, values: &mut dyn Values) -> Result<Vec<u8>, SetError> {
        self.encode_value(index, values.field(index))
    }

    /// A value that can be the asset's, in JSON.
    fn encode_value(&self, index: usize, value: &dyn Any) -> Result<Vec<u8>, SetError> {
        self.check(index, value).map_err(|refusal| self.refused(index, refusal))?;
        let out = self.json(index, value);
        let (bytes, limit) = (out.len(), payload::MAX_BYTES - OVERHEAD);
        if bytes > limit {
            return Err(self.refused(index, Refusal::TooLarge { bytes, limit }));
        }
        Ok(out)
    }

    fn encode_all(&self, values: &mut dyn Values) -> Result<Vec<Vec<u8>>, SetError> {
        (0..self.model.assets.len()).map(|index| self.encode(index, values)).collect()
    }

    /// Sets one asset, as soon as the outbox has room. Taken at most once: after `Ready`, not again. Without
    /// a time it holds now.
    pub(crate) fn poll_set(
        &self,
        index: usize,
        value: &mut Option<AnyValue>,
        at: Option<Timestamp>,
        context: &Context<'_>,
    ) -> Poll<Result<Accepted, SetError>> {
        let _transaction = self.begin();
        let mut state = self.lock();
        if state.closed {
            return Poll::Ready(Err(self.closed()));
        }
        if let Some(value) = value
            && let Err(refusal) = self.check(index, value.as_ref())
        {
            return Poll::Ready(Err(self.refused(index, refusal)));
        }
        if let Err(error) = self.check_time(at) {
            return Poll::Ready(Err(error));
        }
        // What is computed from it goes with it.
        let assets = std::iter::once(index).chain(self.tables.virtuals.iter().copied());
        if self.hub.outbox.poll_room(&self.origin, assets, context).is_pending() {
            return Poll::Pending;
        }
        let value = value.take().map(|value| (index, value));
        Poll::Ready(self.apply(&mut state, value.into_iter().collect(), at, Shape::Apart, By::Program))
    }

    fn check_time(&self, at: Option<Timestamp>) -> Result<(), SetError> {
        match at {
            Some(at) if payload::check_time(at).is_err() => {
                Err(SetError::Time { device: self.origin.id.to_string(), at })
            }
            _ => Ok(()),
        }
    }

    /// Makes applied command values the state. Never waits for room: commands are bounded already.
    pub(crate) fn applied(&self, values: Vec<(usize, AnyValue)>) -> Result<Accepted, SetError> {
        let shape = if values.len() == 1 { Shape::Apart } else { Shape::Together };
        let _transaction = self.begin();
        self.apply(&mut self.lock(), values, None, shape, By::Command)
    }

    /// Assigns checked values, computes the virtual assets, and publishes both. All or nothing: also
    /// when the user's computation panics, which the caller then does as well.
    fn apply(
        &self,
        state: &mut State,
        mut values: Vec<(usize, AnyValue)>,
        at: Option<Timestamp>,
        shape: Shape,
        by: By,
    ) -> Result<Accepted, SetError> {
        // In the order of the assets; what is set twice is what it was set to last.
        values.sort_by_key(|(index, _)| *index);
        let virtuals = self.copy_virtuals(state);
        let changed = catch_unwind(AssertUnwindSafe(|| {
            self.swap(state, values.iter_mut());
            state.values.recompute();
            self.encode_changed(state, &values)
        }));
        // What was there before has taken the values' place.
        let mut before = values;
        before.extend(virtuals);
        match changed {
            Ok(Ok(changed)) => {
                let is_stored = changed.iter().any(|(index, _)| self.tables.stores(*index));
                let entries = self.record(state, changed, before, (at, shape, by), is_stored);
                let mut accepted = self.hub.outbox.push(entries);
                self.accepted(state, &mut accepted);
                Ok(accepted)
            }
            Ok(Err(error)) => {
                self.swap(state, before.iter_mut().rev());
                Err(error)
            }
            Err(panic) => {
                self.swap(state, before.iter_mut().rev());
                resume_unwind(panic)
            }
        }
    }

    fn copy_virtuals(&self, state: &mut State) -> Vec<(usize, AnyValue)> {
        self.tables.virtuals.iter().map(|&index| (index, self.copy(state, index))).collect()
    }

    fn copy(&self, state: &mut State, index: usize) -> AnyValue {
        (self.asset(index).codec.copy)(state.values.field(index))
    }

    /// Exchanges fields and values.
    fn swap<'a>(&self, state: &mut State, values: impl Iterator<Item = &'a mut (usize, AnyValue)>) {
        for (index, value) in values {
            (self.asset(*index).codec.swap)(state.values.field(*index), value.as_mut());
        }
    }

    /// The assets of `set`, in their order, and the virtual ones that changed with them.
    fn encode_changed(&self, state: &mut State, set: &[(usize, AnyValue)]) -> Result<Encoded, SetError> {
        let mut changed = Encoded::with_capacity(set.len() + self.tables.virtuals.len());
        for (index, _) in set.chunk_by(|(one, _), (other, _)| one == other).map(|same| &same[0]) {
            changed.push((*index, self.encode(*index, state.values.as_mut())?));
        }
        for &index in &self.tables.virtuals {
            let value = self.encode(index, state.values.as_mut())?;
            if value != state.encoded[index] {
                changed.push((index, value));
            }
        }
        self.check_size(&changed)?;
        Ok(changed)
    }

    /// A transaction is one message, and a message has a limit.
    fn check_size(&self, changed: &Encoded) -> Result<(), SetError> {
        let bytes = size(changed);
        match changed.last() {
            Some(&(index, _)) if bytes > payload::MAX_BYTES => {
                Err(self.refused(index, Refusal::TooLarge { bytes, limit: payload::MAX_BYTES }))
            }
            _ => Ok(()),
        }
    }

    /// Gives a transaction its time and number: what has changed is what was last accepted. `before`: the values
    /// that it has replaced, and maybe others.
    fn record(
        &self,
        state: &mut State,
        changed: Encoded,
        before: Vec<(usize, AnyValue)>,
        (at, shape, by): (Option<Timestamp>, Shape, By),
        is_stored: bool,
    ) -> SmallVec<[Entry; 1]> {
        if changed.is_empty() {
            return SmallVec::new();
        }
        state.seq += 1;
        let at = at.unwrap_or_else(Timestamp::now);
        self.tell_observers(state, &changed, &before, at);
        self.remember(state, &changed, before, is_stored);
        for (index, value) in &changed {
            state.encoded[*index].clone_from(value);
            state.times[*index] = at;
        }
        self.counters.states.fetch_add(changed.len() as u64, Ordering::Relaxed);
        tracing::trace!(device = %self.origin.id, states = changed.len(), seq = state.seq, "accepted");
        let (seq, now) = (state.seq, Instant::now());
        let changed = self.told_now(state, changed, now, at, by);
        let entry = |values| self.entry(states(at, seq, Scope::Changed, values), now);
        match shape {
            Shape::Apart if changed.len() > 1 => {
                changed.into_iter().map(|state| entry(smallvec![state])).collect()
            }
            _ if changed.is_empty() => SmallVec::new(),
            Shape::Apart | Shape::Together => smallvec![entry(changed)],
        }
    }

    /// Where something is to be stored, that may fail, and then all is as it was.
    fn remember(
        &self,
        state: &mut State,
        changed: &Encoded,
        before: Vec<(usize, AnyValue)>,
        is_stored: bool,
    ) {
        let State { undo, encoded, times, seq, .. } = state;
        if !is_stored {
            let undo = undo.as_mut();
            return undo.map_or((), |undo| undo.wrote(*seq, changed.iter().map(|(index, _)| *index)));
        }
        let undo = undo.get_or_insert_with(|| Undo::new(encoded.len()));
        let is_changed = |index: usize| changed.iter().any(|(changed, _)| *changed == index);
        let before = before.into_iter().filter(|(index, _)| is_changed(*index));
        undo.open(*seq, before.map(|(index, value)| (index, value, (encoded[index].clone(), times[index]))));
    }

    /// What has come of a transaction: where nothing of it is on its way to the disk, it stays; where something had no
    /// room, how all is is said when there is.
    fn accepted(&self, state: &mut State, accepted: &mut Accepted) {
        Self::told(state, accepted);
        let seq = state.seq;
        if accepted.rows.is_none()
            && let Some(undo) = &mut state.undo
        {
            undo.keep(seq);
        }
        if accepted.is_refused() && self.hub.is_online() {
            self.hub.ask_to_announce(&self.origin);
        }
    }

    /// Whether a transaction was stored. If it was not, it has not been: whoever has heard of its values, or of what
    /// was computed from them, is told again how all is.
    pub(crate) fn settled(&self, seq: u64, is_stored: bool) {
        if is_stored {
            // Without waiting for a transaction of the user's: the store's thread has more to do.
            return self.lock().undo.as_mut().map_or((), |undo| undo.keep(seq));
        }
        let _transaction = self.begin();
        let mut state = self.lock();
        let Some(undo) = &mut state.undo else { return };
        let undone = undo.undo(seq);
        let (mut before, mut changed) = (self.copy_virtuals(&mut state), Encoded::new());
        for mut was in undone {
            (self.asset(was.index).codec.swap)(state.values.field(was.index), was.value.as_mut());
            let (encoded, time) = was.told;
            state.encoded[was.index].clone_from(&encoded);
            state.times[was.index] = time;
            Self::untold(&mut state, was.index);
            changed.push((was.index, encoded));
            before.push((was.index, was.value));
        }
        // Values that were valid before; should the user's computation panic, they stay as they are.
        let computed = catch_unwind(AssertUnwindSafe(|| {
            state.values.recompute();
            self.encode_changed(&mut state, &[])
        }));
        for (index, value) in computed.into_iter().flatten().flatten() {
            state.encoded[index].clone_from(&value);
            changed.push((index, value));
        }
        self.tell_observers(&mut state, &changed, &before, Timestamp::now());
        drop(state);
        self.hub.ask_to_announce(&self.origin);
    }

    /// Transactions up to this one are of an earlier life, and not delivered yet.
    pub(crate) fn resume_after(&self, seq: u64) {
        let mut state = self.lock();
        state.seq = state.seq.max(seq);
    }

    fn entry(&self, body: Body, now: Instant) -> Entry {
        Entry::new(&self.origin, body, now)
    }

    /// Puts the whole state into the outbox: one message, or as few as the limit allows. Never waits
    /// for room: whoever calls it does so now and then.
    pub(crate) fn publish_all(&self) {
        if self.origin.is_leaving() {
            return;
        }
        let _transaction = self.begin();
        let mut state = self.lock();
        let all = state.encoded.iter().cloned().enumerate();
        let mut messages: Vec<Encoded> = vec![Encoded::new()];
        for entry in all {
            let last = messages.last_mut().expect("there is always one");
            if size(last) + size(std::slice::from_ref(&entry)) > payload::MAX_BYTES {
                messages.push(smallvec![entry]);
            } else {
                last.push(entry);
            }
        }
        let (at, now) = (Timestamp::now(), Instant::now());
        let mut entry = |message| {
            state.seq += 1;
            self.entry(states(at, state.seq, Scope::Whole, message), now)
        };
        let entries = messages.into_iter().filter(|message| !message.is_empty()).map(&mut entry).collect();
        let accepted = self.hub.outbox.push_whole(&self.origin, entries);
        self.told_all(&mut state, accepted);
    }

    /// Puts the answer to a command into the outbox.
    pub(crate) fn answer(&self, outcome: Outcome) {
        self.say(Body::Outcome(outcome));
    }

    /// Puts the last words into the outbox.
    pub(crate) fn say_goodbye(&self) {
        self.say(Body::Presence(PresenceStatus::Offline));
    }

    /// Says what is no state, where there are words for it.
    fn say(&self, body: Body) {
        if self.hub.dialect().is_native() {
            self.hub.outbox.push([self.entry(body, Instant::now())]);
        }
    }

    /// From now on setters fail.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }
}

fn states(at: Timestamp, seq: u64, scope: Scope, values: Encoded) -> Body {
    Body::States(States { at, seq, session: None, scope, values, dropped: Vec::new() })
}

fn size(states: &[(usize, Vec<u8>)]) -> usize {
    states.iter().map(|(_, value)| value.len() + OVERHEAD).sum()
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("device", &self.origin.id)
            .field("model", &self.model.urn)
            .finish_non_exhaustive()
    }
}
