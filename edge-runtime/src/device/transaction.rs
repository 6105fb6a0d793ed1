//! Transactions that are put together over time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use jiff::Timestamp;

use super::access::{AccessError, IntoValue};
use super::handle::DeviceHandle;
use super::set::{Receipt, Storing};
use crate::core::SetError;
use crate::storage::Uploading;
use crate::value::codec::AnyValue;

/// Values of one device that are set together, at the end: all or nothing, in one message, with one time.
///
/// The derive wraps it in a type with a setter for each asset (`GreenhouseTransaction`), which dereferences to this
/// one. A setter checks its value at once, and changes nothing that others see; a value with an object that is not at the
/// platform is checked when it is. What is refused leaves what was set before as it is; of an asset that is set twice, the last value counts. Values that the assets have already are
/// said all the same, as a setter does. It holds values of the device itself, not of its children.
///
/// Dropped, it has done nothing.
///
/// ```
/// # use edge_runtime::{Device, testing::MemoryPlatform};
/// # #[derive(Device, Clone)]
/// # struct Greenhouse {
/// #     #[asset(kind = "sensor")]
/// #     temperature: f64,
/// #     #[asset(kind = "sensor", max = 100)]
/// #     humidity: u8,
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// # let memory = MemoryPlatform::new();
/// # let first = Greenhouse { temperature: 20.0, humidity: 50 };
/// # let device = memory.platform().device("GH-1", first).connect().await?;
/// let mut tx = device.begin();
/// tx.set_temperature(21.5)?;
/// assert!(tx.set_humidity(101).is_err());
/// tx.set("humidity", 40)?; // by name as well
/// assert_eq!(device.temperature(), 20.0);
/// tx.finish().await?;
/// assert_eq!((device.temperature(), device.humidity()), (21.5, 40));
///
/// device.begin().set_temperature(22.0)?.set_humidity(41)?.finish().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[must_use = "a transaction does nothing unless it is finished"]
pub struct Transaction {
    device: DeviceHandle,
    values: Vec<(usize, AnyValue)>,
    /// Where values are encoded to see whether they can be.
    scratch: Vec<u8>,
}

impl DeviceHandle {
    /// Begins a transaction that is put together over time, by name. The derive's handles begin one with typed setters.
    pub fn begin(&self) -> Transaction {
        Transaction { device: self.clone(), values: Vec::new(), scratch: Vec::new() }
    }
}

impl Transaction {
    /// Sets an asset by its name or alias, as [`DeviceHandle::set`] does, when the transaction is finished.
    ///
    /// # Errors
    /// See [`AccessError`]; the transaction is as it was.
    pub fn set(&mut self, name: &str, value: impl IntoValue) -> Result<&mut Self, AccessError> {
        let (index, value) = self.device.read_value(name, value)?;
        self.put(index, value)?;
        Ok(self)
    }

    /// How many assets it sets.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it sets nothing.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Sets them all, or none. Takes them out of the transaction, which is empty then and can be used again; finishing an
    /// empty one does nothing, and is `Ok`.
    pub fn finish(&mut self) -> Finish {
        let (device, values) = (self.device.clone(), std::mem::take(&mut self.values));
        let missing = values.iter().flat_map(|(index, value)| device.core().missing(*index, value.as_ref()));
        let uploading = Uploading::new(missing.collect(), || device.storage());
        Finish { device, values, at: None, uploading, storing: Storing::default() }
    }

    /// A value in an `Option`, taken out and without its type.
    pub(crate) fn erased(&self, index: usize, value: &mut dyn std::any::Any) -> AnyValue {
        (self.device.core().model.assets[index].codec.take)(value)
    }

    /// A value of the asset's type.
    pub(crate) fn put(&mut self, index: usize, value: AnyValue) -> Result<(), SetError> {
        let Self { device, scratch, .. } = self;
        let core = device.core();
        // What is missing in it may be all that is wrong with it.
        if core.missing(index, value.as_ref()).is_empty() {
            core.validate(index, value.as_ref(), scratch)?;
        }
        match self.values.iter_mut().find(|(set, _)| *set == index) {
            Some((_, last)) => *last = value,
            None => self.values.push((index, value)),
        }
        Ok(())
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let assets = self.device.model().assets;
        let names: Vec<_> = self.values.iter().map(|(index, _)| assets[*index].name).collect();
        f.debug_struct("Transaction").field("device", self.device.id()).field("sets", &names).finish()
    }
}

/// A transaction being finished: `Ok` when all of it is in the outbox; if something of it has
/// `retention = "stored"`, when all of it is on the disk.
///
/// Waits while the outbox is full. The files of [`StorageObject`](crate::StorageObject)s in it are uploaded first, one after the
/// other; until all are, nothing of it is accepted: getters and observers have the old values, and no other setter waits
/// for it. It is as new as the moment in which it is accepted, and its values replace what others have set meanwhile. An
/// upload that fails is [`SetError::Storage`], and nothing is set.
///
/// Cancel safe: dropped before it is ready, it has done nothing, and the values are gone; what was uploaded of a file
/// stays for the next attempt. Dropped while it is being stored, it is as if it had been awaited. While it is being stored,
/// getters and observers have the new values already; should it not be stored, they have the old ones again.
#[must_use = "a transaction does nothing unless its end is awaited"]
pub struct Finish {
    device: DeviceHandle,
    values: Vec<(usize, AnyValue)>,
    at: Option<Timestamp>,
    /// What of it must be at the platform before it is accepted.
    uploading: Uploading,
    /// Where it must be stored before it is done.
    storing: Storing,
}

impl Finish {
    /// All of it held, or will hold, at this time, and not from now on: see [`Set::at`](crate::Set::at).
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }
}

impl Future for Finish {
    type Output = Result<Receipt, SetError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { device, values, at, uploading, storing } = &mut *self;
        let core = device.core();
        let states = || values.iter().map(|(index, value)| (*index, value));
        let may_set = || core.may_set(*at);
        ready!(uploading.poll(context, may_set, |error| core.not_uploaded(states(), error)))?;
        storing.poll(core, context, |waiter| core.poll_transaction(values, *at, waiter))
    }
}

impl fmt::Debug for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finish").field("device", self.device.id()).finish_non_exhaustive()
    }
}
