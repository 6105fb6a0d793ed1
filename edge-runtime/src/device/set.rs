//! The futures of setters and transactions, and the receipts that they give.

use std::fmt;
use std::future::{Future, Pending, pending, poll_fn};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use jiff::Timestamp;

use super::error::DeliveryError;
use super::handle::DeviceHandle;
use super::{Device, copy};
use crate::core::{Core, SetError};
use crate::hub::Hub;
use crate::link::Token;
use crate::origin::Origin;
use crate::value::Values;
use crate::value::codec::{AnyValue, of_mut};

/// A setter under way: `Ok` when the value is valid and in the outbox.
///
/// Waits while the outbox is full. Cancel safe: dropped before it is ready, it has done nothing.
#[must_use = "a setter does nothing unless it is awaited"]
pub struct Set<'a> {
    core: &'a Core,
    index: usize,
    value: Option<AnyValue>,
    at: Option<Timestamp>,
}

impl<'a> Set<'a> {
    pub(crate) fn new(handle: &'a DeviceHandle, index: usize, value: AnyValue) -> Self {
        Self { core: handle.core(), index, value: Some(value), at: None }
    }

    /// The value held, or will hold, at this time, and not from now on: for values that were measured earlier,
    /// or elsewhere. It is the device's value all the same, and the platform's newest.
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }
}

/// Never implemented: what is asked of a setter that is still under way.
#[diagnostic::on_unimplemented(
    message = "nothing is on its way before this is awaited",
    label = "`.await?` is missing before `.delivered()`",
    note = "write `.await?.delivered().await?`: first the outbox has the value, then the broker"
)]
pub trait Awaited {}

impl Set<'_> {
    /// For those who forget to await the setter: it cannot be called.
    #[doc(hidden)]
    #[must_use = "it is never ready"]
    pub fn delivered(self) -> Pending<Result<(), DeliveryError>>
    where
        Self: Awaited,
    {
        pending()
    }
}

impl Future for Set<'_> {
    type Output = Result<Receipt, SetError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { core, index, value, at } = &mut *self;
        core.poll_set(*index, value, *at, context).map_ok(|entries| Receipt::new(core, entries))
    }
}

impl fmt::Debug for Set<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set").field("asset", &self.core.model.assets[self.index].name).finish_non_exhaustive()
    }
}

/// A transaction under way: `Ok` when all that it changed is valid and in the outbox.
///
/// Waits while the outbox is full. Cancel safe: dropped before it is ready, it has done nothing. The
/// closure runs once, and on a copy: if anything in it is refused, or it panics, nothing is changed.
/// It may call getters, which give the old values; other setters wait until it is done.
#[must_use = "an update does nothing unless it is awaited"]
pub struct Update<'a, D, F> {
    core: &'a Core,
    edit: Option<F>,
    at: Option<Timestamp>,
    device: std::marker::PhantomData<fn(&mut D)>,
}

impl<'a, D, F> Update<'a, D, F> {
    pub(crate) fn new(handle: &'a DeviceHandle, edit: F) -> Self {
        Self { core: handle.core(), edit: Some(edit), at: None, device: std::marker::PhantomData }
    }

    /// All that is changed held, or will hold, at this time, and not from now on: see [`Set::at`].
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }
}

impl<D, F> Update<'_, D, F> {
    /// For those who forget to await the update: it cannot be called.
    #[doc(hidden)]
    #[must_use = "it is never ready"]
    pub fn delivered(self) -> Pending<Result<(), DeliveryError>>
    where
        Self: Awaited,
    {
        pending()
    }
}

// The closure is never pinned: it is moved out and called.
impl<D, F> Unpin for Update<'_, D, F> {}

impl<D: Device, F: FnOnce(&mut D)> Future for Update<'_, D, F> {
    type Output = Result<Receipt, SetError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { core, edit, at, .. } = &mut *self;
        let run = |values: &mut dyn Values| {
            if let Some(edit) = edit.take() {
                edit(of_mut::<D>(values.as_any()));
            }
        };
        core.poll_update(copy::<D>, run, *at, context).map_ok(|entries| Receipt::new(core, entries))
    }
}

impl<D, F> fmt::Debug for Update<'_, D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update").field("device", &self.core.origin.id).finish_non_exhaustive()
    }
}

/// The states of one setter or transaction, on their way.
///
/// Dropping it changes nothing: they are delivered all the same.
#[derive(Debug)]
pub struct Receipt {
    hub: Arc<Hub>,
    /// Of a transaction over a device and its children: the device.
    origin: Arc<Origin>,
    entries: Range<Token>,
}

impl Receipt {
    fn new(core: &Core, entries: Range<Token>) -> Self {
        Self { hub: Arc::clone(&core.hub), origin: Arc::clone(&core.origin), entries }
    }

    /// Waits until the broker has acknowledged all of them, through reconnects.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// When the device was closed before.
    pub async fn delivered(self) -> Result<(), DeliveryError> {
        for entry in self.entries {
            poll_fn(|context| self.hub.outbox.poll_acknowledged(&self.origin, entry, context))
                .await
                .map_err(|()| DeliveryError::Closed)?;
        }
        Ok(())
    }
}
