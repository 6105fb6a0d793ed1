//! Looking after the outbox: its store, its clock, its measurements.

use std::sync::{Arc, Weak};
use std::time::Duration;

use edge_proto::DeviceId;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::{Endpoint, Hub};
use crate::lock::lock;
use crate::metrics::Ages;
use crate::origin::Origin;
use crate::outbox::{Batch, Store, StoreError};

/// How often the outbox is measured: a figure for dashboards, kept out of the way of setters.
const MEASURE_INTERVAL: Duration = Duration::from_secs(5);

/// A hub with somebody who looks after its outbox.
struct Kept(Arc<Hub>);

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.outbox.end_store();
    }
}

impl Hub {
    /// Where what it starts goes on: where its first device was started.
    pub(crate) fn runtime(&self) -> &Handle {
        self.runtime.get_or_init(Handle::current)
    }

    /// Makes ready what a device needs before it comes: the store, if something of it is stored. What was found
    /// there of it is in the outbox after this.
    pub(crate) async fn prepare(self: &Arc<Self>, device: &Arc<dyn Endpoint>) -> Result<(), StoreError> {
        self.runtime();
        let origin = device.origin();
        let is_stored = match self.config.folder {
            Some(_) => origin.model.may_be_stored(),
            // Then it does not start.
            None => origin.model.must_be_stored(),
        };
        if origin.model.can_expire() || is_stored {
            self.keep();
        }
        if let Some(batch) = origin.model.batch {
            self.set_batch(origin, Some(batch));
        }
        if is_stored {
            self.store.get_or_try_init(|| self.open_store(&origin.id)).await?;
            device.resume_after(self.outbox.adopt(origin));
        }
        Ok(())
    }

    /// Gives a device another batch, or none; what has waited goes.
    pub(crate) fn set_batch(self: &Arc<Self>, origin: &Arc<Origin>, batch: Option<Batch>) {
        if batch.is_some() {
            self.keep();
        }
        self.outbox.set_batch(origin, batch);
    }

    async fn open_store(self: &Arc<Self>, device: &DeviceId) -> Result<(), StoreError> {
        let nowhere = || StoreError::NoFolder { device: device.to_string() };
        let path = self.config.file(&self.owner).ok_or_else(nowhere)?;
        let hub = Arc::downgrade(self);
        let settle = move |unit, result| {
            let hub = hub.upgrade()?;
            hub.outbox.settle(unit, result, |origin, seq, is_stored| {
                // Not another life of it under the same name.
                let member = hub.devices().members.get(&origin.id).map(Arc::clone);
                let member = member.filter(|device| Arc::ptr_eq(device.origin(), origin));
                member.inspect(|device| device.settled(seq, is_stored));
            })
        };
        let (store, found) = Store::open(path, self.config.faults.clone(), Box::new(settle)).await?;
        self.outbox.use_store(store, found);
        Ok(())
    }

    /// Drops what has expired, and lets go what waits for more. When the runtime ends before the hub is closed, the store's file is let go.
    pub(crate) fn keep(self: &Arc<Self>) {
        let mut keeper = lock(&self.keeper);
        // Whoever calls may be on any thread. Of a hub without a device there is nothing to look after.
        if let Some(runtime) = self.runtime.get()
            && keeper.is_none()
            && !self.is_closing()
        {
            let kept = Kept(Arc::clone(self));
            *keeper = Some(runtime.spawn(async move { kept.0.outbox.keep_time().await }));
        }
    }

    /// Measures the outbox, if nobody does yet.
    pub(super) fn measure(self: &Arc<Self>) {
        let mut measuring = lock(&self.measuring);
        if measuring.is_none() {
            *measuring = Some(tokio::spawn(measure(Arc::downgrade(self))).abort_handle());
        }
    }
}

/// Measures the outbox now and then, while its hub is there.
async fn measure(hub: Weak<Hub>) {
    let mut ages = Ages::default();
    while let Some(hub) = hub.upgrade() {
        let now = Instant::now();
        let (numbers, waited) = hub.outbox.oldest(now, hub.clock.now().at);
        let age = ages.look(&numbers, waited, now);
        hub.metrics.outbox(hub.outbox.pending(), age, hub.outbox.barred());
        // That it was set must be known although nobody says anything.
        hub.outbox.lasting();
        drop(hub);
        tokio::time::sleep(MEASURE_INTERVAL).await;
    }
}
