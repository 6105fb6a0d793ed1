//! An end that begins once, goes on by itself, and is waited for by whoever wants to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use crate::device::CloseError;

/// How it ended.
pub(crate) type Ended = Result<(), CloseError>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ending {
    has_begun: AtomicBool,
    /// Sent once, by the task that ends it; received by all who wait for it.
    ended: watch::Sender<Option<Ended>>,
}

impl Default for Ending {
    fn default() -> Self {
        Self { has_begun: AtomicBool::new(false), ended: watch::Sender::new(None) }
    }
}

impl Ending {
    /// Begins it; `None` when it has begun already. Otherwise it is the caller's to end it.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<Ender> {
        let is_first = !self.has_begun.swap(true, Ordering::SeqCst);
        is_first.then(|| Ender(Arc::clone(self)))
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::SeqCst)
    }

    pub(crate) fn end(&self, ended: Ended) {
        self.ended.send_replace(Some(ended));
    }

    fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// Waits until it has ended. Cancel safe: it goes on.
    pub(crate) async fn wait(&self) -> Ended {
        let mut ended = self.ended.subscribe();
        match ended.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(ended)) => *ended,
            // The sender is ours, so it is there.
            Ok(None) | Err(_) => Ok(()),
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
