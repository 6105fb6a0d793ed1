//! Who observes the assets of a device at run time, and what they are told: every state that is accepted, however it
//! came.

use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;

use super::Core;
use crate::inbox::Inbox;
use crate::lock::lock;
use crate::value::codec::AnyValue;

/// A state that was accepted.
pub(crate) struct Seen {
    pub(crate) value: AnyValue,
    pub(crate) previous: AnyValue,
    pub(crate) at: Timestamp,
}

/// The observers of one device. Where nobody ever observes, it is nothing.
#[derive(Default)]
pub(super) struct Observers(OnceLock<Box<Mutex<Watch>>>);

#[derive(Default)]
struct Watch {
    /// By the asset's index.
    inboxes: Vec<(usize, Arc<Inbox<Seen>>)>,
    is_closed: bool,
}

impl Observers {
    /// Whether values from before are worth keeping.
    #[inline]
    pub(super) fn are_there(&self) -> bool {
        self.0.get().is_some_and(|watch| !lock(watch).inboxes.is_empty())
    }

    /// Those of an asset.
    pub(super) fn of(&self, index: usize) -> Vec<Arc<Inbox<Seen>>> {
        let Some(watch) = self.0.get() else { return Vec::new() };
        let watch = lock(watch);
        let of_asset = watch.inboxes.iter().filter(|(watched, _)| *watched == index);
        of_asset.map(|(_, inbox)| Arc::clone(inbox)).collect()
    }
}

impl Core {
    /// Observes an asset from now on.
    pub(crate) fn observe(&self, index: usize) -> Arc<Inbox<Seen>> {
        let inbox = Arc::new(Inbox::new());
        let mut watch = lock(self.observers.0.get_or_init(Box::default));
        match watch.is_closed {
            true => inbox.close(),
            false => watch.inboxes.push((index, Arc::clone(&inbox))),
        }
        inbox
    }

    pub(crate) fn ignore(&self, inbox: &Arc<Inbox<Seen>>) {
        let Some(watch) = self.observers.0.get() else { return };
        lock(watch).inboxes.retain(|(_, it)| !Arc::ptr_eq(it, inbox));
    }

    /// Nothing more changes: observers have what is there, and then the end.
    pub(crate) fn end_observers(&self) {
        let inboxes = {
            let mut watch = lock(self.observers.0.get_or_init(Box::default));
            watch.is_closed = true;
            std::mem::take(&mut watch.inboxes)
        };
        inboxes.iter().for_each(|(_, inbox)| inbox.close());
    }
}
