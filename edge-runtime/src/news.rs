//! That there is something new for the link's task: told once, until that looks.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use tokio::sync::Notify;

/// See the module. Anybody tells, on any thread; the link's task hears.
#[derive(Debug, Default)]
pub(crate) struct News {
    is_told: AtomicBool,
    notify: Arc<Notify>,
}

impl News {
    /// Who is notified.
    pub(crate) fn notify(&self) -> &Arc<Notify> {
        &self.notify
    }

    /// There is something new: to be called when it is there. Who was told already, and has not heard it, finds this as well.
    pub(crate) fn tell(&self) {
        if !self.is_told.swap(true, AcqRel) {
            self.notify.notify_one();
        }
    }

    /// Whether something is new since this was last asked. Who asks looks after it, not before.
    pub(crate) fn hear(&self) -> bool {
        // Mostly there is nothing. Who misses what is told just now is notified.
        self.is_told.load(Relaxed) && self.is_told.swap(false, AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_is_told_before_it_was_heard_is_notified_once() {
        let news = News::default();
        let is_notified = || news.notify().notified().now_or_never().is_some();
        assert!(!news.hear() && !is_notified());
        news.tell();
        assert!(is_notified());
        news.tell();
        assert!(!is_notified() && news.hear() && !news.hear());
        news.tell();
        assert!(is_notified() && news.hear());
    }
}
