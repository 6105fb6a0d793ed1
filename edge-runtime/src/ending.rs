//! An end that begins once, goes on by itself, and is waited for by whoever wants to.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::lock::lock;
use crate::until::until;

/// Why closing was not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// Messages that the broker did not acknowledge in time. They are gone.
    #[error("{count} messages were not acknowledged in time and are lost")]
    Undelivered {
        /// How many.
        count: usize,
    },
    /// The runtime where the device, or the host's devices, were started has ended, or closing it or one below it has
    /// panicked. It is gone as if it had died; what was not acknowledged is lost unless it is stored.
    #[error("closing was broken off: its runtime has ended")]
    BrokenOff,
}

impl CloseError {
    /// What is to be said when so many messages were not acknowledged.
    pub(crate) fn of(count: usize) -> Result<(), Self> {
        if count > 0 { Err(Self::Undelivered { count }) } else { Ok(()) }
    }

    /// How several have ended that end as one.
    pub(crate) fn together(all: impl IntoIterator<Item = Ended>) -> Ended {
        let mut lost = 0;
        for ended in all {
            match ended {
                Ok(()) => {}
                Err(Self::Undelivered { count }) => lost += count,
                Err(Self::BrokenOff) => return Err(Self::BrokenOff),
            }
        }
        Self::of(lost)
    }
}

/// How it ended.
pub(crate) type Ended = Result<(), CloseError>;

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Before,
    Begun,
    Over(Ended),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// Changed by whoever begins it, and by whoever ends it.
    phase: Mutex<Phase>,
    /// Tells all who wait for either. A `watch` would be both, and five times as large: of a gateway each device has one.
    changed: Notify,
    /// How many wait for it and will tell how it ended.
    waiting: AtomicUsize,
    /// Whether somebody was told how it ended.
    told: AtomicBool,
}

/// One who waits, as long as they do.
struct Waits<'a>(&'a Ending);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ending {
    /// Begins it; `None` when it has begun already. Otherwise it is the caller's to end it; should nobody, it is ended at
    /// once in the way that is given here.
    pub(crate) fn begin(self: &Arc<Self>, at_once: impl FnOnce(Ended) + Send + 'static) -> Option<Ender> {
        let is_first = self.change(Phase::Begun, |phase| phase == Phase::Before);
        is_first.then(|| Ender { ending: Arc::clone(self), at_once: Some(Box::new(at_once)) })
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.phase() != Phase::Before
    }

    /// What was said first of how it ended, counts.
    pub(crate) fn end(&self, ended: Ended) {
        self.change(Phase::Over(ended), |phase| !matches!(phase, Phase::Over(_)));
    }

    fn phase(&self) -> Phase {
        *lock(&self.phase)
    }

    /// Goes on to a phase, if that may follow the one that it is in. Returns whether it may.
    fn change(&self, next: Phase, may_follow: impl FnOnce(Phase) -> bool) -> bool {
        let mut phase = lock(&self.phase);
        let may_follow = may_follow(*phase);
        if may_follow {
            *phase = next;
            drop(phase);
            self.changed.notify_waiters();
        }
        may_follow
    }

    /// Whether nothing of it is left to wait for.
    pub(crate) fn has_ended(&self) -> bool {
        self.how().is_some()
    }

    fn how(&self) -> Option<Ended> {
        match self.phase() {
            Phase::Over(ended) => Some(ended),
            Phase::Before | Phase::Begun => None,
        }
    }

    /// Waits until it begins.
    pub(crate) async fn begun(&self) {
        until(&self.changed, || self.has_begun().then_some(())).await;
    }

    /// Waits until it has ended, for whoever wants to know how. Cancel safe: it goes on.
    pub(crate) async fn wait(&self) -> Ended {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waits = Waits(self);
        let ended = until(&self.changed, || self.how()).await;
        self.told.store(true, Ordering::SeqCst);
        ended
    }

    /// Waits until it has ended, and says nothing of how.
    pub(crate) async fn over(&self) {
        until(&self.changed, || self.has_ended().then_some(())).await;
    }

    /// How it ended, for one who tells it with an end of their own: so that it is told once, there is nothing to tell when
    /// somebody was told already, or waits for it still.
    pub(crate) fn take_untold(&self) -> Ended {
        let Some(ended) = self.how() else { return Ok(()) };
        // In this order: who waits no more has been told before.
        let is_told = self.waiting.load(Ordering::SeqCst) > 0 || self.told.swap(true, Ordering::SeqCst);
        if is_told { Ok(()) } else { ended }
    }
}

/// Whose it is to end it. Dropped, it is ended all the same: whoever was to do it has panicked, or its runtime is gone, and
/// nobody waits for that.
#[must_use]
pub(crate) struct Ender {
    ending: Arc<Ending>,
    at_once: Option<Box<dyn FnOnce(Ended) + Send>>,
}

impl Ender {
    pub(crate) fn end(mut self, ended: Ended) {
        self.at_once = None;
        self.ending.end(ended);
    }
}

impl Drop for Ender {
    fn drop(&mut self) {
        let Some(at_once) = self.at_once.take() else { return };
        if !self.ending.has_ended() {
            tracing::error!("closing was broken off");
            let ended = Err(CloseError::BrokenOff);
            at_once(ended);
            self.ending.end(ended);
        }
    }
}

impl fmt::Debug for Ender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ender").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn what_is_broken_off_is_waited_for_by_nobody() {
        let ending = Arc::<Ending>::default();
        let (said, hears) = std::sync::mpsc::channel();
        let ender = ending.begin(move |ended| said.send(ended).unwrap()).unwrap();
        assert!(ending.begin(drop).is_none());
        let task = tokio::spawn(async move {
            let _ender = ender;
            panic!("as handlers do");
        });
        assert!(task.await.is_err());
        assert_eq!(ending.wait().await, Err(CloseError::BrokenOff));
        assert_eq!(hears.try_iter().collect::<Vec<_>>(), [Err(CloseError::BrokenOff)]);
    }

    #[tokio::test]
    async fn all_hear_how_it_ended() {
        let ending = Arc::<Ending>::default();
        ending.begin(drop).unwrap().end(Err(CloseError::Undelivered { count: 7 }));
        assert_eq!(ending.wait().await, Err(CloseError::Undelivered { count: 7 }));
    }

    #[tokio::test]
    async fn what_somebody_was_told_is_not_told_again_by_another() {
        let mut context = Context::from_waker(Waker::noop());
        let lost = Err(CloseError::Undelivered { count: 7 });
        let ending = Arc::<Ending>::default();
        let ender = ending.begin(drop).unwrap();
        assert_eq!(ending.take_untold(), Ok(()), "it has not ended");
        {
            let cancelled = pin!(ending.wait());
            assert!(cancelled.poll(&mut context).is_pending());
        }
        {
            let mut waits = pin!(ending.wait());
            assert!(waits.as_mut().poll(&mut context).is_pending());
            ender.end(lost);
            assert_eq!(ending.take_untold(), Ok(()), "it is told to who waits");
            assert_eq!(waits.await, lost);
        }
        assert_eq!(ending.take_untold(), Ok(()), "it was told");
        assert_eq!(ending.wait().await, lost, "whoever asks is told");

        let ending = Arc::<Ending>::default();
        ending.end(lost);
        ending.over().await;
        assert_eq!([ending.take_untold(), ending.take_untold()], [lost, Ok(())]);
    }

    #[test]
    fn what_ends_as_one_is_broken_off_when_a_part_of_it_is() {
        let lost = |count| Err(CloseError::Undelivered { count });
        assert_eq!(CloseError::together([Ok(()), lost(2), lost(3)]), lost(5));
        assert_eq!(
            CloseError::together([lost(2), Err(CloseError::BrokenOff), Ok(())]),
            Err(CloseError::BrokenOff)
        );
        assert_eq!(CloseError::together([Ok(())]), Ok(()));
    }
}
