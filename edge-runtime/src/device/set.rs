//! The futures of setters and transactions, and the receipts that they give.

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::Range;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::awaited::await_first;
use super::error::DeliveryError;
use super::handle::DeviceHandle;
use super::place::Place;
use super::{Device, copy};
use crate::core::{Core, Draft, SetError, Unaccepted};
use crate::hub::Hub;
use crate::link::Token;
use crate::origin::Gone;
use crate::outbox::{Accepted, Closed, Fate, More, OfStore, Row, Waiter, Went};
use crate::storage::Uploading;
use crate::value::Values;
use crate::value::codec::{AnyValue, of_mut};

/// A setter under way: `Ok` when the value is valid and in the outbox; for an asset with `retention = "stored"`,
/// when it is on the disk.
///
/// Waits while the outbox is full, unless the asset's `overflow` says otherwise. The files of [`StorageObject`](crate::StorageObject)s in the value are uploaded
/// first; until then it is not accepted, and others are not kept from being. Cancel safe: dropped before it is
/// ready, it has done nothing; what was uploaded of a file stays for the next attempt. Dropped while it is being stored, it is as if it had been awaited.
/// While it is being stored, getters and observers have the new value already; should it not be stored, they have the old one again.
#[must_use = "a setter does nothing unless it is awaited"]
pub struct Set<'a> {
    core: &'a Core,
    index: usize,
    value: Option<AnyValue>,
    at: Option<Timestamp>,
    /// What of it must be at the platform before it is accepted.
    uploading: Uploading,
    /// Where it must be stored before it is done.
    storing: Storing,
}

await_first!(['a] Set<'a>, ['a, D, F] Update<'a, D, F>);

impl<'a> Set<'a> {
    #[inline]
    pub(crate) fn new(handle: &'a DeviceHandle, index: usize, value: AnyValue) -> Self {
        let (core, storing) = (handle.core(), Storing::default());
        let uploading = match value.is_one_word() {
            true => Uploading::default(),
            false => Uploading::new(core.missing(index, value.as_ref()), || handle.storage()),
        };
        Self { core, index, value: Some(value), at: None, uploading, storing }
    }

    /// The value held, or will hold, at this time, and not from now on: for values that were measured earlier,
    /// or elsewhere. It is the device's value all the same, and the platform's newest.
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }
}

/// What waits for room, and then is accepted and on its way to the disk.
#[derive(Debug, Default)]
pub(super) struct Storing {
    place: Place,
    /// What is on its way to the disk.
    accepted: Option<Box<Accepted>>,
}

impl Storing {
    /// Accepts, once, and waits until what must be stored is.
    #[inline]
    pub(super) fn poll<E: OfStore>(
        &mut self,
        core: &Core,
        context: &Context<'_>,
        accept: impl FnOnce(&mut Waiter<'_>) -> Poll<Result<Accepted, E>>,
    ) -> Poll<Result<Receipt, E>> {
        let (accepted, stored) = match self.accepted.take() {
            None => {
                let accepted = ready!(self.place.ask(core, context, accept))?;
                match accepted.poll_stored(context) {
                    Poll::Ready(stored) => (accepted, stored),
                    Poll::Pending => return self.wait(Box::new(accepted)),
                }
            }
            Some(accepted) => match accepted.poll_stored(context) {
                Poll::Ready(stored) => (*accepted, stored),
                Poll::Pending => return self.wait(accepted),
            },
        };
        Poll::Ready(match stored {
            Ok(()) => Ok(Receipt::new(core, accepted)),
            Err(error) => Err(E::of_store(&core.origin.id, &error)),
        })
    }

    fn wait<T>(&mut self, accepted: Box<Accepted>) -> Poll<T> {
        self.accepted = Some(accepted);
        Poll::Pending
    }
}

impl Future for Set<'_> {
    type Output = Result<Receipt, SetError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { core, index, value, at, uploading, storing } = &mut *self;
        let states = || value.iter().map(|value| (*index, value));
        let may_set = || core.may_set(*at);
        ready!(uploading.poll(context, may_set, |error| core.not_uploaded(states(), error)))?;
        storing.poll(core, context, |waiter| core.poll_set(*index, value, *at, waiter))
    }
}

impl fmt::Debug for Set<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set").field("asset", &self.core.model.assets[self.index].name).finish_non_exhaustive()
    }
}

/// A transaction under way: `Ok` when all that it changed is valid and in the outbox; if something of it has
/// `retention = "stored"`, when all of it is on the disk.
///
/// Waits while the outbox is full. Cancel safe: dropped before it is ready, it has done nothing; dropped while it is
/// being stored, it is as if it had been awaited. The
/// closure runs once, and on a copy: if anything in it is refused, or it panics, nothing is changed.
/// It may call getters, which give the old values; other setters wait until it is done. While it is being stored, getters and
/// observers have the new values already; should it not be stored, they have the old ones again.
///
/// The files of [`StorageObject`](crate::StorageObject)s that it sets are uploaded after the closure, one after the other, and
/// until then nothing of it is accepted: getters and observers have the old values, and no other setter waits for
/// it. What others set meanwhile stays, unless the closure has changed it as well; fields that are no assets are as the
/// closure has left them. An upload that fails is [`SetError::Storage`], and nothing is changed.
#[must_use = "an update does nothing unless it is awaited"]
pub struct Update<'a, D, F> {
    handle: &'a DeviceHandle,
    edit: Option<F>,
    at: Option<Timestamp>,
    /// Where objects must be at the platform before it is accepted.
    waiting: Option<Box<Waiting<'a>>>,
    storing: Storing,
    device: std::marker::PhantomData<fn(&mut D)>,
}

impl<'a, D, F> Update<'a, D, F> {
    pub(crate) fn new(handle: &'a DeviceHandle, edit: F) -> Self {
        Self {
            handle,
            edit: Some(edit),
            at: None,
            waiting: None,
            storing: Storing::default(),
            device: std::marker::PhantomData,
        }
    }

    /// All that is changed held, or will hold, at this time, and not from now on: see [`Set::at`].
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }
}

// The closure is never pinned: it is moved out and called.
impl<D, F> Unpin for Update<'_, D, F> {}

/// What the closure of an update has made, and its objects on their way to the platform.
struct Waiting<'a> {
    draft: Draft<'a>,
    uploading: Uploading,
}

impl Waiting<'_> {
    fn poll_uploaded(
        &mut self,
        core: &Core,
        at: Option<Timestamp>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SetError>> {
        let Self { draft, uploading } = self;
        uploading.poll(context, || core.may_set(at), |error| draft.not_uploaded(error))
    }
}

impl<'a, D: Device, F: FnOnce(&mut D)> Update<'a, D, F> {
    fn poll_accepted(&mut self, context: &mut Context<'_>) -> Poll<Result<Receipt, Unaccepted<'a>>> {
        let Self { handle, edit, at, waiting, storing, .. } = self;
        let core = handle.core();
        if let Some(waiting) = waiting {
            ready!(waiting.poll_uploaded(core, *at, context))?;
            let accept = |waiter: &mut Waiter<'_>| core.poll_draft(&mut waiting.draft, *at, waiter);
            return storing.poll(core, context, accept).map_err(Unaccepted::Refused);
        }
        let run = |values: &mut dyn Values| {
            if let Some(edit) = edit.take() {
                edit(of_mut::<D>(values.as_any()));
            }
        };
        storing.poll(core, context, |waiter| core.poll_update(copy::<D>, run, *at, waiter))
    }
}

impl<D: Device, F: FnOnce(&mut D)> Future for Update<'_, D, F> {
    type Output = Result<Receipt, SetError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match ready!(self.poll_accepted(context)) {
                Ok(receipt) => return Poll::Ready(Ok(receipt)),
                Err(Unaccepted::Refused(error)) => return Poll::Ready(Err(error)),
                Err(Unaccepted::Waits(draft, missing)) => {
                    let uploading = Uploading::new(missing, || self.handle.storage());
                    self.waiting = Some(Box::new(Waiting { draft, uploading }));
                }
            }
        }
    }
}

impl<D, F> fmt::Debug for Update<'_, D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update").field("device", self.handle.id()).finish_non_exhaustive()
    }
}

/// The states of one setter or transaction, on their way.
///
/// Dropping it changes nothing: they are delivered all the same.
#[derive(Debug)]
pub struct Receipt {
    hub: Arc<Hub>,
    entries: Range<Token>,
    /// Of most there is no more to be known.
    more: Option<Arc<More>>,
    /// In a box, because most have none and are moved about.
    id: Option<Box<ReceiptId>>,
}

impl Receipt {
    #[inline]
    fn new(core: &Core, Accepted { entries, more }: Accepted) -> Self {
        let rows = more.as_ref().and_then(|more| more.rows.clone());
        Self { hub: Arc::clone(&core.hub), entries, more, id: rows.map(|rows| Box::new(ReceiptId(rows))) }
    }

    /// The receipt of what was stored, maybe in an earlier life of the device.
    pub(super) fn find(core: &Core, id: ReceiptId) -> Result<Self, UnknownReceipt> {
        let hub = Arc::clone(&core.hub);
        match hub.outbox.waiting(id.0.clone()) {
            Some((found, fate)) => {
                let more = Some(Arc::new(More { fate, found, ..More::default() }));
                Ok(Self { hub, entries: 0..0, more, id: Some(Box::new(id)) })
            }
            None => Err(UnknownReceipt { device: core.origin.id.to_string(), id }),
        }
    }

    /// By which it is found again after a restart of the program, if it is stored: see
    /// [`DeviceHandle::receipt`].
    pub fn id(&self) -> Option<&ReceiptId> {
        self.id.as_deref()
    }

    /// Waits until the broker has acknowledged all of them, through reconnects. Of a state that its asset's
    /// [`publish`](crate::policy::PublishPolicy) policy does not tell, it waits for the one that was told instead: the
    /// last one if that says it already, or the next one if it was held back.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// When the device was closed before, something of it was dropped because its asset's rules say so, or the message
    /// that was to tell it could not be stored.
    pub async fn delivered(self) -> Result<(), DeliveryError> {
        acknowledged(&self.hub, self.entries).await?;
        let Some(more) = self.more else { return Ok(()) };
        acknowledged(&self.hub, more.found.iter().copied()).await?;
        not_gone(more.fate.as_deref())?;
        for later in &more.later {
            told(&self.hub, later.clone().went().await.ok_or(DeliveryError::Closed)?).await?;
        }
        Ok(())
    }
}

/// Waits until a state that was not told at once is there.
async fn told(hub: &Hub, went: Went) -> Result<(), DeliveryError> {
    let mut entries = went.entries();
    loop {
        acknowledged(hub, entries.clone()).await?;
        let now = went.entries();
        if now == entries {
            return not_gone(went.fate());
        }
        // A whole state may have been replaced by a newer one meanwhile.
        entries = now;
    }
}

fn not_gone(fate: Option<&Fate>) -> Result<(), DeliveryError> {
    if fate.is_some_and(Fate::is_unstored) {
        return Err(DeliveryError::NotStored);
    }
    match fate.and_then(Fate::gone) {
        None => Ok(()),
        Some(Gone::Dropped) => Err(DeliveryError::Dropped),
        Some(Gone::Expired) => Err(DeliveryError::Expired),
    }
}

async fn acknowledged(hub: &Hub, entries: impl IntoIterator<Item = Token>) -> Result<(), DeliveryError> {
    for entry in entries {
        poll_fn(|context| hub.outbox.poll_acknowledged(entry, context))
            .await
            .map_err(|Closed| DeliveryError::Closed)?;
    }
    Ok(())
}

/// Names a stored transaction through all lives of its device. To be kept as text, or with serde.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct ReceiptId(Range<Row>);

impl fmt::Display for ReceiptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.0.start, self.0.end - self.0.start)
    }
}

impl From<ReceiptId> for String {
    fn from(id: ReceiptId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ReceiptId {
    type Error = ReceiptIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A text that is no [`ReceiptId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a receipt's id")]
pub struct ReceiptIdError;

impl FromStr for ReceiptId {
    type Err = ReceiptIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (start, count) = text.split_once('+').ok_or(ReceiptIdError)?;
        let number = |text: &str| text.parse::<u64>().map_err(|_| ReceiptIdError);
        let (start, count) = (number(start)?, number(count)?);
        let end = start.checked_add(count).filter(|end| *end > start).ok_or(ReceiptIdError)?;
        Ok(Self(start..end))
    }
}

/// A receipt that the device's store has never given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("device `{device}` has never given a receipt {id}")]
pub struct UnknownReceipt {
    device: String,
    id: ReceiptId,
}
