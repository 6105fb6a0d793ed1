//! What was accepted, for whoever waits for it.

use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use smallvec::{SmallVec, smallvec};

use super::{Fate, Later, Row, StoreError};
use crate::link::Token;

/// The entries of one transaction.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) entries: Range<Token>,
    /// Of most there is no more to be known. Shared by all that wait for the same, and nothing else.
    pub(crate) more: Option<Arc<More>>,
}

/// What is to be known of some of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct More {
    /// Where something of it may be dropped or must be stored.
    pub(crate) fate: Option<Arc<Fate>>,
    /// Where it is stored.
    pub(crate) rows: Option<Range<Row>>,
    /// Of what was accepted with it and is not told with it.
    pub(crate) later: SmallVec<[Later; 1]>,
    /// Of what was accepted in an earlier life: where it was found again.
    pub(crate) found: Vec<Token>,
}

impl Accepted {
    #[inline]
    pub(super) fn new(entries: Range<Token>, fate: Option<Arc<Fate>>, rows: Option<Range<Row>>) -> Self {
        let more =
            (fate.is_some() || rows.is_some()).then(|| Arc::new(More { fate, rows, ..More::default() }));
        Self { entries, more }
    }

    pub(crate) fn fate(&self) -> Option<&Arc<Fate>> {
        self.more.as_ref()?.fate.as_ref()
    }

    /// Whether something of it is to be stored.
    #[inline]
    pub(crate) fn is_to_be_stored(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.rows.is_some())
    }

    /// Whether there was no room for something of it.
    pub(crate) fn is_refused(&self) -> bool {
        self.fate().is_some_and(|fate| fate.gone().is_some())
    }

    /// These were accepted with it.
    #[inline]
    pub(crate) fn and(&mut self, later: Arc<More>) {
        match &mut self.more {
            None => self.more = Some(later),
            Some(more) => Arc::make_mut(more).later.extend(later.later.iter().cloned()),
        }
    }

    /// Ready when what must be stored is, or will never be. Of what has nothing of its own to be stored, that is what was
    /// told before and says it already.
    #[inline]
    pub(crate) fn poll_stored(&self, context: &Context<'_>) -> Poll<Result<(), Arc<StoreError>>> {
        self.more.as_ref().map_or(Poll::Ready(Ok(())), |more| more.poll_stored(context))
    }
}

impl From<Later> for Arc<More> {
    fn from(later: Later) -> Self {
        Self::new(More { later: smallvec![later], ..More::default() })
    }
}

impl More {
    fn poll_stored(&self, context: &Context<'_>) -> Poll<Result<(), Arc<StoreError>>> {
        if let (Some(fate), Some(_)) = (&self.fate, &self.rows) {
            return fate.poll_stored(context);
        }
        for later in &self.later {
            if let Later::Told(went) = later {
                ready!(went.poll_stored(context))?;
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Went;
    use super::*;

    fn told(entries: Range<Token>) -> Arc<More> {
        Later::Told(Went::of(&Accepted { entries, more: None })).into()
    }

    #[test]
    fn who_waits_for_several_things_shares_nothing() {
        let (first, second) = (told(1..2), told(2..3));
        let (mut one, mut both) = (Accepted::default(), Accepted::default());
        one.and(Arc::clone(&first));
        both.and(Arc::clone(&first));
        both.and(Arc::clone(&second));
        let later = |accepted: &Accepted| accepted.more.as_ref().map_or(0, |more| more.later.len());
        assert_eq!([later(&one), later(&both), first.later.len(), second.later.len()], [1, 2, 1, 1]);
        assert!(one.more.is_some_and(|more| Arc::ptr_eq(&more, &first)));
    }
}
