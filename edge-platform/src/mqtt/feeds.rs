//! Whether anybody listens to feeds: where nobody does, states need no echo.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use edge_proto::topic::Stream;

/// Once somebody has listened, everybody is taken to go on.
#[derive(Debug, Default)]
pub(crate) struct Feeds(AtomicBool);

impl Feeds {
    /// At a broker that does not tell.
    pub(crate) fn unknown() -> Self {
        Self(AtomicBool::new(true))
    }

    pub(crate) fn have_listeners(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Somebody subscribes.
    pub(super) fn note(&self, filter: &str) {
        let last = filter.rsplit('/').next().unwrap_or_default();
        if last == Stream::Feed.as_str() || last == "+" || last == "#" {
            self.0.store(true, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_get_a_feed_listens() {
        for (filter, listens) in [
            ("device/A/asset/+/feed", true),
            ("$share/g/device/A/asset/t/feed", true),
            ("device/A/#", true),
            ("device/A/asset/t/+", true),
            ("#", true),
            ("device/A/asset/+/command", false),
            ("device/A/command", false),
            ("", false),
        ] {
            let feeds = Feeds::default();
            feeds.note(filter);
            assert_eq!(feeds.have_listeners(), listens, "{filter}");
        }
        assert!(Feeds::unknown().have_listeners());
    }
}
