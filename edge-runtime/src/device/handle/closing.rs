//! How a device ends.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::DeviceHandle;
use crate::device::error::RemoveError;
use crate::ending::{CloseError, Ended};
use crate::lock::lock;
use crate::metrics::Lost;
use crate::origin::Standing;

/// How long `close` waits for the handler that is running, and then for deliveries.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

impl DeviceHandle {
    /// Closes the device and takes it out of the registry, with its states, stored or not, and all its children.
    ///
    /// # Errors
    /// When the registry cannot be asked; the device is closed all the same, and this may be called again.
    /// When messages were not acknowledged in time.
    ///
    /// # Cancel safety
    /// Cancelled, the device is closed; whether it is still registered is not known.
    pub async fn remove(&self) -> Result<(), RemoveError> {
        self.set_removing();
        let closed = self.close().await;
        // It may have been closed before, and what is stored of it kept.
        self.core().hub.outbox.purge(self.origin());
        let removed = self.platform().registry().remove(self.id().as_str()).await;
        removed.map_err(|source| RemoveError::Registry { device: self.id().to_string(), source })?;
        Ok(closed?)
    }

    /// Stops taking values and commands, sends what is left, says goodbye, and ends the connection if it is
    /// the device's own; the children are closed before. Waits at most 5 s for the handler that is running
    /// (which must not wait for this itself), 5 s for deliveries, and 5 s for a handler that is told what was not
    /// delivered. A command whose handler is not done by
    /// then is not acknowledged: it comes again when the device is there again. Called again, it waits for
    /// the same end.
    ///
    /// It may be called wherever one likes, also where there is no runtime: the device closes on the one where it was
    /// started, which must go on until then.
    ///
    /// # Errors
    /// When messages were not acknowledged in time, of the device or of its children: they are lost. Of a child of which
    /// somebody was told so already, when it was closed by itself, it is not told again. When the runtime where the device was
    /// started has ended.
    ///
    /// # Cancel safety
    /// Cancel safe: closing goes on.
    pub async fn close(&self) -> Result<(), CloseError> {
        self.begin_to_close().await;
        self.inner().closing.wait().await
    }

    /// Closes it as one of several: how it ended is told by [`take_untold`](Self::take_untold).
    pub(in crate::device) async fn close_untold(&self) {
        self.begin_to_close().await;
        self.inner().closing.over().await;
    }

    /// How it ended, unless somebody was told.
    pub(super) fn take_untold(&self) -> Ended {
        self.inner().closing.take_untold()
    }

    async fn begin_to_close(&self) {
        self.close_cores();
        let device = self.clone();
        // What is left to do needs no runtime: whoever waits for something of it must not wait for ever.
        if let Some(ender) = self.inner().closing.begin(move |ended| device.end_at_once(ended)) {
            let device = self.clone();
            let closing = async move { ender.end(device.shut_down().await) };
            self.core().hub.run(closing).await;
        }
    }

    pub(super) fn set_removing(&self) {
        self.inner().removing.store(true, Ordering::SeqCst);
        self.below().iter().for_each(Self::set_removing);
    }

    /// From now on setters fail, here and below.
    fn close_cores(&self) {
        self.core().close();
        self.below().iter().for_each(Self::close_cores);
    }

    async fn shut_down(&self) -> Ended {
        self.end_background();
        let children = self.all_children();
        join_all(children.iter().map(|child| child.endpoint().close())).await;
        let mailbox = self.inner().mailbox.get();
        if let Some(mailbox) = mailbox {
            mailbox.stop(CLOSE_TIMEOUT).await;
        }
        let undelivered = self.leave().await;
        if let Some(mailbox) = mailbox {
            mailbox.end(CLOSE_TIMEOUT).await;
        }
        self.end_streams();
        // Now, and not when the children had ended: who waits for one of them has been told by then.
        let below = children.iter().map(Self::take_untold);
        CloseError::together(below.chain([*lock(&self.inner().gone), CloseError::of(undelivered)]))
    }

    fn end_background(&self) {
        lock(&self.inner().background).take().inspect(JoinHandle::abort);
    }

    /// Also those that close, or have.
    fn all_children(&self) -> Vec<Self> {
        self.declared().iter().chain(&*lock(&self.inner().added)).cloned().collect()
    }

    /// Nothing more changes, and nothing more fails.
    fn end_streams(&self) {
        self.core().end_observers();
        self.origin().failures.close();
    }

    /// Says goodbye and leaves the link. Returns how many messages were not acknowledged.
    async fn leave(&self) -> usize {
        let (hub, origin) = (&self.core().hub, self.origin());
        self.inner().timer.end(CLOSE_TIMEOUT).await;
        self.core().say_held();
        origin.set_leaving();
        *lock(&self.inner().has_left) = true;
        hub.set_batch(origin, None);
        let _departure = hub.depart();
        // Without a connection the will has said it, and who never was there says nothing.
        if origin.session() > 0 && (hub.is_online() || origin.pending() > 0) {
            self.core().say_goodbye();
        }
        // Without a session nothing of it can be sent.
        let timeout = if origin.session() > 0 { CLOSE_TIMEOUT } else { Duration::ZERO };
        let _ = tokio::time::timeout(timeout, hub.outbox.drained(origin)).await;
        let is_removed = self.inner().removing.load(Ordering::SeqCst);
        let undelivered = if is_removed { hub.outbox.purge(origin) } else { hub.outbox.forget(origin) };
        self.lose(undelivered);
        hub.leave(origin);
        origin.set_standing(Standing::Waiting);
        if self.inner().parts.owns_link {
            hub.close(CLOSE_TIMEOUT).await;
        }
        undelivered
    }

    /// So many messages went with the device.
    fn lose(&self, undelivered: usize) {
        self.core().hub.metrics.dropped(Lost::Closed, undelivered);
        self.origin().traffic.undelivered.add(undelivered);
    }

    /// The registry refuses it: it is closed, and nobody waits for that. What it loses its parent tells.
    pub(in crate::device) fn give_up(&self) {
        lock(&self.inner().background).take();
        self.close_cores();
        tokio::spawn(self.endpoint().close());
    }

    /// Ends everything at once, as if the device had died.
    pub(in crate::device) fn abort(&self) {
        self.end_at_once(Ok(()));
    }

    /// Needs no runtime. Also when it closes, or has begun to: nobody will end that.
    pub(super) fn end_at_once(&self, ended: Ended) {
        self.close_cores();
        let closing = &self.inner().closing;
        let _ender = closing.begin(drop);
        self.all_children().iter().for_each(|child| child.end_at_once(ended));
        self.end_background();
        if let Some(mailbox) = self.inner().mailbox.get() {
            mailbox.abort();
        }
        self.inner().timer.stop();
        self.core().drop_held();
        let (hub, origin) = (&self.core().hub, self.origin());
        self.lose(hub.outbox.forget(origin));
        hub.leave(origin);
        if self.inner().parts.owns_link {
            hub.abort();
        }
        self.end_streams();
        closing.end(ended);
    }
}
