//! Where a state goes that is not told at once: for those who wait for it.

use std::ops::Range;
use std::sync::Arc;

use tokio::sync::watch;

use super::{Accepted, Fate};
use crate::link::Token;

/// The entries that tell a state, and what becomes of them.
#[derive(Clone, Debug)]
pub(crate) struct Went {
    pub(crate) entries: Range<Token>,
    pub(crate) fate: Option<Arc<Fate>>,
}

impl Went {
    pub(crate) fn of(accepted: &Accepted) -> Self {
        Self { entries: accepted.entries.clone(), fate: accepted.fate.clone() }
    }

    /// Whether the platform will not have it.
    pub(crate) fn is_lost(&self) -> bool {
        self.fate.as_ref().is_some_and(|fate| fate.gone().is_some())
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
