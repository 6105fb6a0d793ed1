//! An end that begins once, goes on by itself, and is waited for by whoever wants to.

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
    /// Begins it. Whether it had not begun: then it is the caller's to [end](Self::end) it.
    pub(crate) fn begin(&self) -> bool {
        !self.has_begun.swap(true, Ordering::SeqCst)
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::SeqCst)
    }

    pub(crate) fn end(&self, ended: Ended) {
        self.ended.send_replace(Some(ended));
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
