//! A complaint that repeats itself: told at once, and then now and then.

use std::time::Duration;

use tokio::time::Instant;

/// For how long the same words are not told again.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// What was told last of something that is tried again and again.
#[derive(Debug, Default)]
pub(crate) struct Complaint {
    last: Option<(String, Instant)>,
}

impl Complaint {
    /// Whether these words are news: other ones than those that were told last, or as old as that they are worth telling
    /// again. Then they have been told.
    pub(crate) fn is_news(&mut self, words: &str, now: Instant) -> bool {
        let is_old =
            |(told, at): &(String, Instant)| told == words && now.saturating_duration_since(*at) < AGAIN;
        let is_news = !self.last.as_ref().is_some_and(is_old);
        if is_news {
            self.last = Some((words.to_owned(), now));
        }
        is_news
    }

    /// It has gone well: what comes next is news.
    pub(crate) fn over(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_told_once_until_something_else_happens_or_they_are_old() {
        let (mut complaint, start) = (Complaint::default(), Instant::now());
        let later = |seconds| start + Duration::from_secs(seconds);
        assert!(complaint.is_news("refused", later(0)));
        assert!(!complaint.is_news("refused", later(599)));
        assert!(complaint.is_news("refused", later(600)));
        assert!(complaint.is_news("no answer", later(601)));
        assert!(complaint.is_news("refused", later(602)));
        complaint.over();
        assert!(complaint.is_news("refused", later(603)));
    }
}
