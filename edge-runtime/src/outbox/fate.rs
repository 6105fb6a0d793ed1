//! What becomes of a transaction, for those who wait for it: whether it is stored, and whether a part of it was
//! dropped before it was delivered.

use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use super::remember;
use super::store::StoreError;
use crate::lock::lock;
use crate::origin::Gone;

#[derive(Debug, Default)]
struct State {
    stored: Option<Result<(), Arc<StoreError>>>,
    gone: Option<Gone>,
    waiting: Vec<Waker>,
}

/// See the module. Only transactions of which something can be stored or dropped have one.
#[derive(Debug, Default)]
pub(crate) struct Fate(Mutex<State>);

impl Fate {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// The store has it, or will never have it.
    pub(super) fn settle(&self, stored: Result<(), Arc<StoreError>>) {
        let mut state = self.lock();
        state.stored = Some(stored);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Ready when the store has it, or never will.
    pub(crate) fn poll_stored(&self, context: &Context<'_>) -> Poll<Result<(), Arc<StoreError>>> {
        let mut state = self.lock();
        if let Some(stored) = &state.stored {
            return Poll::Ready(stored.clone());
        }
        remember(&mut state.waiting, context.waker());
        Poll::Pending
    }

    /// A part of it will not be delivered.
    pub(super) fn lose(&self, gone: Gone) {
        self.lock().gone.get_or_insert(gone);
    }

    /// Whether a part of it will not be delivered.
    pub(crate) fn gone(&self) -> Option<Gone> {
        self.lock().gone
    }
}
