//! What a device can be observed for at run time: the changes of an asset, and what was not delivered.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use serde_json::Value;

use super::access::AccessError;
use super::handle::DeviceHandle;
use crate::core::{Core, Seen};
use crate::failures::ErrorEvent;
use crate::inbox::Inbox;
use crate::origin::Origin;
use crate::value::Codec;
use crate::value::codec::AnyValue;

/// A state that an asset came to have.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Observed<T> {
    /// What it is. A setter that sets what is there already is observed, too.
    pub value: T,
    /// What it was.
    pub previous: T,
    /// Since when it holds.
    pub at: Timestamp,
    /// How many were missed before this one, because the observer is too slow.
    pub missed: u64,
}

/// The changes of an asset: of setters, transactions and commands, and of what is computed from them. A state that was to be stored
/// and was not is followed by the one to which it goes back. Made by `device.observe_temperature()`, or by name, in JSON, by
/// [`DeviceHandle::observe`].
///
/// Holds 1,024 changes for a slow reader; then the oldest goes, and the next says how many were missed. Ends when the
/// device is closed. Dropping it ends the observation. It is a [`Stream`], too.
#[must_use = "who does not read it observes nothing"]
pub struct Observer<T> {
    core: Arc<Core>,
    inbox: Arc<Inbox<Seen>>,
    codec: &'static Codec,
    /// What becomes of a value of the asset.
    read: fn(&Codec, AnyValue) -> T,
}

impl Observer<Value> {
    pub(super) fn in_json(device: &DeviceHandle, index: usize) -> Self {
        Self::reading(device, index, |codec, value| codec.json(value.as_ref()))
    }
}

impl<T: 'static> Observer<T> {
    pub(crate) fn new(device: &DeviceHandle, index: usize) -> Self {
        Self::reading(device, index, |_, value| value.owned())
    }

    fn reading(device: &DeviceHandle, index: usize, read: fn(&Codec, AnyValue) -> T) -> Self {
        let core = device.shared_core();
        let inbox = core.observe(index);
        let codec = &core.model.assets[index].codec;
        Self { core, inbox, codec, read }
    }

    /// The next change; `None` when the device is closed.
    ///
    /// # Cancel safety
    /// Cancel safe: no change is lost.
    pub async fn recv(&mut self) -> Option<Observed<T>> {
        self.next().await
    }
}

impl<T: 'static> Stream for Observer<T> {
    type Item = Observed<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Observed<T>>> {
        let seen = ready!(self.inbox.poll_next(context));
        Poll::Ready(seen.map(|(Seen { value, previous, at }, missed)| Observed {
            value: (self.read)(self.codec, value),
            previous: (self.read)(self.codec, previous),
            at,
            missed,
        }))
    }
}

impl<T> Drop for Observer<T> {
    fn drop(&mut self) {
        self.core.ignore(&self.inbox);
    }
}

impl<T> fmt::Debug for Observer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("device", &self.core.origin.id).finish_non_exhaustive()
    }
}

/// What was not delivered of a device, or not yet. Made by [`DeviceHandle::errors`] and [`DeviceHandle::errors_of`].
///
/// Holds 1,024 errors for a slow reader; then the oldest goes, and the next says how many were missed. Ends when the
/// device is closed, after what could not be delivered then. Dropping it ends it. It is a [`Stream`], too.
#[must_use = "who does not read it hears nothing"]
#[derive(Debug)]
pub struct Errors {
    origin: Arc<Origin>,
    inbox: Arc<Inbox<ErrorEvent>>,
}

impl Errors {
    /// The next error; `None` when the device is closed.
    ///
    /// # Cancel safety
    /// Cancel safe: no error is lost.
    pub async fn recv(&mut self) -> Option<ErrorEvent> {
        self.next().await
    }
}

impl Stream for Errors {
    type Item = ErrorEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<ErrorEvent>> {
        let event = ready!(self.inbox.poll_next(context));
        Poll::Ready(event.map(|(event, missed)| ErrorEvent { missed, ..event }))
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        self.origin.failures.leave(&self.inbox);
    }
}

impl DeviceHandle {
    /// What is not delivered of this device from now on, or not at once, and why: see [`ErrorEvent`]. The handler's
    /// `on_error` hears the same.
    ///
    /// ```
    /// # use edge_runtime::{Device, ErrorCause, testing::MemoryPlatform};
    /// # #[derive(Device, Clone)]
    /// # struct Meter { #[asset(kind = "sensor", retention = "discard")] power: f64 }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let memory = MemoryPlatform::new();
    /// # memory.set_registry_away(true);
    /// # let meter = memory.platform().device("M-1", Meter { power: 0.0 }).start_offline(true).connect().await?;
    /// let mut errors = meter.errors();
    /// meter.set_power(1.5).await?; // without a connection, and to be kept nowhere
    /// let error = errors.recv().await.expect("the device runs");
    /// assert!(matches!(error.cause, ErrorCause::Dropped));
    /// assert_eq!(error.value("power"), Some(&1.5.into()));
    /// assert!(!error.will_be_retried());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn errors(&self) -> Errors {
        self.errors_where(None)
    }

    /// As [`errors`](Self::errors), as far as states of one asset are concerned: that were being sent, or are stale. By name or alias. So it hears neither of alerts and
    /// data, nor of a connection that is lost or refused, of a subscription, or of the registry: these are of the whole device. What waits for
    /// a connection has not failed yet.
    ///
    /// # Errors
    /// When the device has no such asset.
    pub fn errors_of(&self, asset: &str) -> Result<Errors, AccessError> {
        Ok(self.errors_where(Some(self.model().assets[self.find(asset)?].name)))
    }

    fn errors_where(&self, asset: Option<&'static str>) -> Errors {
        let origin = Arc::clone(self.origin());
        let inbox = origin.failures.join(asset);
        Errors { origin, inbox }
    }
}
