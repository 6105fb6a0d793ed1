//! Where a state goes that is not told at once: for those who wait for it.

use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::watch;

use super::{Accepted, Fate, StoreError};
use crate::link::Token;

/// The entries that tell a state, and what becomes of them.
#[derive(Clone, Debug)]
pub(crate) struct Went {
    entries: Range<Token>,
    fate: Option<Arc<Fate>>,
    /// Whether its fate tells when it is stored.
    is_to_be_stored: bool,
}

impl Went {
    #[inline]
    pub(crate) fn of(accepted: &Accepted) -> Self {
        let (fate, is_to_be_stored) = (accepted.fate().cloned(), accepted.is_to_be_stored());
        Self { entries: accepted.entries.clone(), fate, is_to_be_stored }
    }

    /// The entries that tell it: a whole state is told by whichever has replaced it last.
    pub(crate) fn entries(&self) -> Range<Token> {
        self.fate().and_then(Fate::whole).unwrap_or_else(|| self.entries.clone())
    }

    pub(crate) fn fate(&self) -> Option<&Fate> {
        self.fate.as_deref()
    }

    /// Ready when it is stored, if it must be, or never will be.
    pub(super) fn poll_stored(&self, context: &Context<'_>) -> Poll<Result<(), Arc<StoreError>>> {
        match self.fate() {
            Some(fate) if self.is_to_be_stored => fate.poll_stored(context),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Whether the platform will not have it.
    #[inline]
    pub(crate) fn is_lost(&self) -> bool {
        self.fate().is_some_and(|fate| fate.gone().is_some() || fate.is_unstored())
    }
}

/// Of a state that was accepted, and not told with it.
#[derive(Clone, Debug)]
pub(crate) enum Later {
    /// What was told before says it already.
    Told(Went),
    /// It is held back. Sent once, by whoever holds it: where it, or a newer one, went. Closed without that: it
    /// never will be told.
    Held(watch::Receiver<Option<Went>>),
}

impl Later {
    /// Where it went; `None`: it never will. Cancel safe.
    pub(crate) async fn went(self) -> Option<Went> {
        match self {
            Self::Told(went) => Some(went),
            Self::Held(mut held) => held.wait_for(Option::is_some).await.ok()?.clone(),
        }
    }
}
