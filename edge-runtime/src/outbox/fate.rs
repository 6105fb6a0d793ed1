//! What becomes of a transaction, for those who wait for it: whether it is stored, whether a part of it was
//! dropped before it was delivered, and, of a whole state, by which one it was replaced.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use super::remember;
use super::store::StoreError;
use crate::link::Token;
use crate::lock::lock;
use crate::origin::Gone;

#[derive(Debug, Default)]
struct State {
    stored: Option<Result<(), Arc<StoreError>>>,
    gone: Option<Gone>,
    waiting: Vec<Waker>,
    /// Of a whole state: the entries that say it.
    whole: Option<Range<Token>>,
    /// Of a whole state: the fate of the one that was said in its place. That one has none.
    instead: Option<Arc<Fate>>,
}

/// See the module. Only transactions of which something can be stored, dropped or replaced have one.
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

    /// Whether it was to be stored, and never will be.
    pub(crate) fn is_unstored(&self) -> bool {
        matches!(self.lock().stored, Some(Err(_)))
    }

    /// It is the fate of a whole state that these entries say, also for those who have waited for an earlier one.
    pub(super) fn become_whole(&self, entries: Range<Token>) {
        let mut state = self.lock();
        (state.whole, state.instead) = (Some(entries), None);
    }

    /// Another whole state is said in place of this one.
    pub(super) fn follow(&self, other: &Arc<Self>) {
        self.lock().instead = Some(Arc::clone(other));
    }

    /// The entries that say a whole state now: its own, or those of the one that has replaced it.
    pub(super) fn whole(&self) -> Option<Range<Token>> {
        let (whole, instead) = {
            let state = self.lock();
            (state.whole.clone(), state.instead.clone())
        };
        instead.map_or(whole, |other| other.whole())
    }

    /// Whether a part of it will not be delivered.
    pub(crate) fn gone(&self) -> Option<Gone> {
        self.lock().gone
    }
}
