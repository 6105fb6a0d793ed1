//! What is remembered of an asset with a policy: what was told last, where that went, and what is held back.

use std::cell::LazyCell;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::clock::Moment;
use crate::model::AssetModel;
use crate::outbox::{Accepted, Later, More, Promised, Went};
use crate::policy::{Decision, Teller};
use crate::value::codec::Json;

/// Who changes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The program: the policy decides what is told.
    Program,
    /// A command: what was applied is always told.
    Command,
}

/// A transaction of which policies decide.
pub(super) struct UnderWay {
    /// Asked once, and only where somebody needs it.
    pub(super) now: LazyCell<Instant>,
    pub(super) moment: Moment,
    pub(super) by: By,
    pub(super) seq: u64,
}

/// See the module.
pub(super) struct Asset {
    pub(super) teller: Teller,
    /// Where what was told last went.
    pub(super) went: Option<Went>,
    /// What receipts wait for of those who set what was told already; made for the first of them.
    says: Option<Arc<More>>,
    /// In which transaction.
    pub(super) told_in: u64,
    /// Since when what was told last held.
    pub(super) told_at: Timestamp,
    pub(super) held: Option<Held>,
    pub(super) freshness: Option<Freshness>,
    /// Whether something of it is ever due.
    pub(super) is_timed: bool,
}

/// A value that waits for the end of its asset's interval.
pub(super) struct Held {
    /// Since when it holds.
    pub(super) moment: Moment,
    promised: Promised,
    /// For those who set it.
    later: Arc<More>,
}

impl Held {
    fn since(moment: Moment) -> Self {
        let promised = Promised::default();
        Self { moment, later: promised.promise().into(), promised }
    }
}

pub(super) struct Freshness {
    /// So long after it was set, it is stale.
    pub(super) lasts: Duration,
    pub(super) since: Instant,
    pub(super) is_stale: bool,
}

impl Freshness {
    pub(super) fn ends(&self) -> Option<Instant> {
        (!self.is_stale).then(|| self.since + self.lasts)
    }
}

impl Asset {
    pub(super) fn of(model: &AssetModel, now: Instant) -> Option<Self> {
        let (policy, stale_after) = (model.rules.publish, model.rules.stale_after);
        let freshness = stale_after.map(|lasts| Freshness { lasts, since: now, is_stale: false });
        (!policy.is_none() || freshness.is_some()).then(|| Self {
            teller: Teller::new(policy),
            went: None,
            says: None,
            told_in: 0,
            told_at: Timestamp::UNIX_EPOCH,
            held: None,
            is_timed: policy.is_timed() || freshness.is_some(),
            freshness,
        })
    }

    /// It was set, or would have been.
    pub(super) fn touch(&mut self, now: impl FnOnce() -> Instant) {
        if let Some(freshness) = &mut self.freshness {
            freshness.since = now();
            if std::mem::take(&mut freshness.is_stale) {
                self.teller.resume();
            }
        }
    }

    pub(super) fn is_stale(&self) -> bool {
        self.freshness.as_ref().is_some_and(|freshness| freshness.is_stale)
    }

    /// Decides of a value that was looked at. Not a part of who asks for it, which has registers of its own to need.
    #[inline(never)]
    pub(super) fn decide(&mut self, json: &Json, under_way: &UnderWay) -> Decision {
        let now = || *under_way.now;
        self.touch(now);
        if self.went.as_ref().is_some_and(Went::is_lost) {
            self.teller.forget();
        }
        let decision = match under_way.by {
            By::Program => self.teller.decide(now, json),
            By::Command => Decision::Tell,
        };
        if decision == Decision::Tell {
            self.tell(now, json, under_way.moment.at, under_way.seq);
        }
        decision
    }

    #[inline]
    pub(super) fn tell(&mut self, now: impl FnOnce() -> Instant, json: &Json, at: Timestamp, seq: u64) {
        self.teller.told(now, json);
        (self.told_at, self.told_in) = (at, seq);
    }

    /// It went there.
    #[inline]
    pub(super) fn settle(&mut self, accepted: &Accepted) {
        let Self { went, held, says, .. } = self;
        let went = match went {
            Some(went) => {
                went.become_of(accepted);
                went
            }
            went => went.insert(Went::of(accepted)),
        };
        Self::let_go(held, went);
        *says = None;
    }

    /// What is held is of no use any more: this went instead.
    #[inline]
    fn let_go(held: &mut Option<Held>, went: &Went) {
        // Mostly nothing is.
        if held.is_some() {
            held.take().into_iter().for_each(|held| held.promised.keep(went.clone()));
        }
    }

    pub(super) fn hold(&mut self, moment: Moment) -> Arc<More> {
        let held = self.held.get_or_insert_with(|| Held::since(moment));
        held.moment = moment;
        Arc::clone(&held.later)
    }

    /// What was told last says it already.
    pub(super) fn skip(&mut self) -> Option<Arc<More>> {
        let Self { went: Some(went), held, says, .. } = self else { return None };
        Self::let_go(held, went);
        Some(Arc::clone(says.get_or_insert_with(|| Later::Told(went.clone()).into())))
    }

    /// When something is due. What is stale is not said again: nobody knows whether it still holds.
    pub(super) fn next_due(&self) -> Option<Instant> {
        if !self.is_timed {
            return None;
        }
        let said = self.teller.next_due().filter(|_| self.teller.holds() || !self.is_stale());
        let stale = self.freshness.as_ref().and_then(Freshness::ends);
        said.into_iter().chain(stale).min()
    }
}
