//! An end that begins once, goes on by itself, and is waited for by whoever wants to.

use std::sync::Arc;

use tokio::sync::watch;

use crate::device::CloseError;

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
    /// Sent by whoever begins it, and by whoever ends it; received by all who wait for either.
    phase: watch::Sender<Phase>,
}

impl Ending {
    /// Begins it; `None` when it has begun already. Otherwise it is the caller's to end it.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<Ender> {
        let is_first = self.phase.send_if_modified(|phase| {
            let is_first = *phase == Phase::Before;
            if is_first {
                *phase = Phase::Begun;
            }
            is_first
        });
        is_first.then(|| Ender(Arc::clone(self)))
    }

    pub(crate) fn has_begun(&self) -> bool {
        *self.phase.borrow() != Phase::Before
    }

    /// What was said first of how it ended, counts.
    pub(crate) fn end(&self, ended: Ended) {
        self.phase.send_if_modified(|phase| {
            let is_news = !matches!(phase, Phase::Over(_));
            if is_news {
                *phase = Phase::Over(ended);
            }
            is_news
        });
    }

    /// Whether nothing of it is left to wait for.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Over(_))
    }

    /// Waits until it begins.
    pub(crate) async fn begun(&self) {
        // The sender is ours, so it is there.
        let _ = self.phase.subscribe().wait_for(|phase| *phase != Phase::Before).await;
    }

    /// Waits until it has ended. Cancel safe: it goes on.
    pub(crate) async fn wait(&self) -> Ended {
        let mut phase = self.phase.subscribe();
        let over = phase.wait_for(|phase| matches!(phase, Phase::Over(_))).await;
        match over.as_deref() {
            Ok(Phase::Over(ended)) => *ended,
            // The sender is ours, so it is there.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Whose it is to end it. Dropped, it is ended all the same: whoever was to do it has panicked, or its runtime is gone, and
/// nobody waits for that.
#[must_use]
#[derive(Debug)]
pub(crate) struct Ender(Arc<Ending>);

impl Ender {
    pub(crate) fn end(self, ended: Ended) {
        self.0.end(ended);
    }
}

impl Drop for Ender {
    fn drop(&mut self) {
        if !self.0.has_ended() {
            tracing::error!("closing was broken off");
            self.0.end(Err(CloseError::BrokenOff));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_broken_off_is_waited_for_by_nobody() {
        let ending = Arc::<Ending>::default();
        let ender = ending.begin().unwrap();
        assert!(ending.begin().is_none());
        let task = tokio::spawn(async move {
            let _ender = ender;
            panic!("as handlers do");
        });
        assert!(task.await.is_err());
        assert_eq!(ending.wait().await, Err(CloseError::BrokenOff));
    }

    #[tokio::test]
    async fn all_hear_how_it_ended() {
        let ending = Arc::<Ending>::default();
        ending.begin().unwrap().end(Err(CloseError::Undelivered { count: 7 }));
        assert_eq!(ending.wait().await, Err(CloseError::Undelivered { count: 7 }));
    }
}
