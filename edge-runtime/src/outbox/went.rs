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

    /// As [`of`](Self::of), in the place of another.
    #[inline]
    pub(crate) fn become_of(&mut self, accepted: &Accepted) {
        self.entries.clone_from(&accepted.entries);
        self.fate = accepted.fate().cloned();
        self.is_to_be_stored = accepted.is_to_be_stored();
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
    /// It is held back.
    Held(Promise),
}

impl Later {
    /// Where it went; `None`: it never will. Cancel safe.
    pub(crate) async fn went(self) -> Option<Went> {
        match self {
            Self::Told(went) => Some(went),
            Self::Held(promise) => promise.went().await,
        }
    }
}

/// Where a state goes that is held back.
#[derive(Clone, Debug)]
pub(crate) struct Promise(Arc<watch::Sender<Kept>>);

/// What has become of a promise.
#[derive(Clone, Debug, Default)]
enum Kept {
    #[default]
    NotYet,
    /// It, or a newer one, was told.
    Went(Went),
    /// It never will be told.
    Never,
}

impl Promise {
    async fn went(self) -> Option<Went> {
        let mut kept = self.0.subscribe();
        let is_known = |kept: &Kept| !matches!(kept, Kept::NotYet);
        match &*kept.wait_for(is_known).await.ok()? {
            Kept::Went(went) => Some(went.clone()),
            Kept::NotYet | Kept::Never => None,
        }
    }
}

/// The other end of a [`Promise`], with whoever holds the state back. Dropped without having been kept, the state never will be told.
#[derive(Debug)]
pub(crate) struct Promised(Promise);

impl Default for Promised {
    fn default() -> Self {
        Self(Promise(Arc::new(watch::Sender::default())))
    }
}

impl Promised {
    pub(crate) fn promise(&self) -> Later {
        Later::Held(self.0.clone())
    }

    /// It, or a newer one, went there.
    pub(crate) fn keep(self, went: Went) {
        self.0.0.send_replace(Kept::Went(went));
    }
}

impl Drop for Promised {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|kept| {
            let is_held = matches!(kept, Kept::NotYet);
            if is_held {
                *kept = Kept::Never;
            }
            is_held
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_is_held_is_told_once_or_never() {
        let waits = |promised: &Promised| promised.promise().went();
        let promised = Promised::default();
        let (early, cancelled) = (waits(&promised), waits(&promised));
        let mut early = Box::pin(early);
        assert!(early.as_mut().now_or_never().is_none() && cancelled.now_or_never().is_none());
        let late = waits(&promised);
        promised.keep(Went::of(&Accepted { entries: 3..4, more: None }));
        for waits in [early, Box::pin(late)] {
            assert_eq!(waits.now_or_never().flatten().map(|went| went.entries()), Some(3..4));
        }

        let promised = Promised::default();
        let (early, late) = (waits(&promised), waits(&promised));
        let mut early = Box::pin(early);
        assert!(early.as_mut().now_or_never().is_none());
        drop(promised);
        for waits in [early, Box::pin(late)] {
            assert!(matches!(waits.now_or_never(), Some(None)));
        }
    }
}
