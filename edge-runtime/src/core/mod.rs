//! The core of a running device: its values, and the transactions that change and publish them. Not
//! generic: it is compiled once, whatever devices there are.

mod apply;
mod draft;
mod error;
mod kept;
mod observers;
mod publish;
mod report;
mod say;
mod settle;
mod stats;
mod tables;
mod told;
mod transaction;
mod tree;
mod undo;

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard};

use edge_proto::{Refusal, payload};
use jiff::Timestamp;
use tokio::time::Instant;

pub(crate) use draft::{Draft, Unaccepted};
pub use error::SetError;
pub(crate) use observers::Seen;
pub use stats::Stats;

use self::observers::Observers;
use self::publish::{Alarm, Policies};
use self::stats::Counters;
use self::tables::Tables;
use self::undo::Undo;
use crate::hub::Hub;
use crate::lock::lock;
use crate::model::{AssetModel, DeviceModel};
use crate::origin::Origin;
use crate::value::Values;
use crate::value::codec::{AnyValue, Json};

/// Room for time, session, number and names around a value.
const OVERHEAD: usize = 224;

/// New values by index, in JSON.
type Encoded = crate::outbox::Encoded;

struct State {
    values: Box<dyn Values>,
    /// What was last accepted, by index.
    encoded: Vec<Json>,
    /// When that held, by index.
    times: Vec<Timestamp>,
    /// Counts transactions.
    seq: u64,
    /// Where something of the device is stored.
    undo: Option<Undo>,
    /// Where an asset has one.
    policies: Option<Box<Policies>>,
    /// Where values are written before it is known how long they are.
    scratch: Vec<u8>,
    /// The user's code is at work on a copy: no value may change meanwhile.
    is_copied: bool,
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
    /// Held by whoever has the user's code work on a copy, and by those who wait for that. Always taken before `state`,
    /// which is held for moments only, so that getters never wait for a transaction.
    transaction: Mutex<()>,
    /// A setter holds it from reading to publishing, and needs nothing else while there is no copy; an update, which lets
    /// go of it for the user's code, has `is_copied` instead.
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
                scratch: Vec::new(),
                is_copied: false,
                closed: false,
            }),
        };
        let encoded = core.encode_all(core.lock().values.as_mut())?;
        core.lock().encoded = encoded;
        Ok(core)
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, State> {
        // Code of the user's that panics under it has changed nothing: see `apply` and `kept`.
        lock(&self.state)
    }

    /// The state, to be changed: when nobody works on a copy of it.
    #[inline]
    fn change(&self) -> MutexGuard<'_, State> {
        let state = self.lock();
        if state.is_copied {
            drop(state);
            return self.change_next();
        }
        state
    }

    #[cold]
    fn change_next(&self) -> MutexGuard<'_, State> {
        let _transaction = lock(&self.transaction);
        // Who makes a copy would hold that.
        self.lock()
    }

    /// Until it is dropped nobody else changes the state, and everybody may read it.
    fn begin(&self) -> Copied<'_> {
        let transaction = lock(&self.transaction);
        self.lock().is_copied = true;
        Copied { core: self, _transaction: transaction }
    }

    #[inline]
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
    pub(crate) fn json(&self, index: usize, value: &dyn Any) -> Json {
        let mut json = Vec::new();
        (self.asset(index).codec.encode)(value, &mut json);
        json.into()
    }

    /// Whether an asset has a value already, in JSON, as far as that can tell.
    pub(crate) fn has(&self, index: usize, json: &[u8]) -> bool {
        *self.lock().encoded[index] == *json
    }

    /// Checks a value against its asset's limits.
    #[inline]
    pub(crate) fn check(&self, index: usize, value: &dyn Any) -> Result<(), Refusal> {
        self.asset(index).codec.fits(value, &self.tables.limits[index])
    }

    /// As [`check`](Self::check), for who sets it.
    #[inline]
    fn fits(&self, index: usize, value: &dyn Any) -> Result<(), SetError> {
        self.check(index, value).map_err(|refusal| self.refused(index, refusal))
    }

    /// A value that can be the asset's, in JSON.
    fn encode(&self, index: usize, value: &dyn Any, scratch: &mut Vec<u8>) -> Result<Json, SetError> {
        self.fits(index, value)?;
        self.encode_checked(index, value, scratch)?;
        Ok(Json::written(scratch))
    }

    /// Leaves it in the scratch.
    #[inline]
    fn encode_checked(&self, index: usize, value: &dyn Any, scratch: &mut Vec<u8>) -> Result<(), SetError> {
        scratch.clear();
        (self.asset(index).codec.encode)(value, scratch);
        let (bytes, limit) = (scratch.len(), payload::MAX_BYTES - OVERHEAD);
        if bytes > limit {
            // What is large is rare, and its memory is not kept.
            *scratch = Vec::new();
            return Err(self.refused(index, Refusal::TooLarge { bytes, limit }));
        }
        Ok(())
    }

    fn encode_all(&self, values: &mut dyn Values) -> Result<Vec<Json>, SetError> {
        let mut scratch = Vec::new();
        // A device keeps it for as long as it lives: not a place more than there are assets.
        let mut encoded = Vec::with_capacity(self.model.assets.len());
        for index in 0..self.model.assets.len() {
            encoded.push(self.encode(index, values.field(index), &mut scratch)?);
        }
        Ok(encoded)
    }

    /// From now on setters fail.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }
}

/// See [`Core::begin`].
struct Copied<'a> {
    core: &'a Core,
    _transaction: MutexGuard<'a, ()>,
}

impl Drop for Copied<'_> {
    fn drop(&mut self) {
        self.core.lock().is_copied = false;
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("device", &self.origin.id)
            .field("model", &self.model.urn)
            .finish_non_exhaustive()
    }
}
