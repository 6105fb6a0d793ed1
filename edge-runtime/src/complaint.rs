//! A complaint that repeats itself: told at once, and then now and then.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// For how long the same words are not told again.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// So many complaints are remembered: whoever tries the nodes of a cluster in turn has one for each.
const DIFFERENT: usize = 8;

/// What was told of something that is tried again and again.
#[derive(Debug, Default)]
pub(crate) struct Complaint {
    told: VecDeque<(String, Instant)>,
}

impl Complaint {
    /// Whether these words are news: they were not told since it last went well, or so long ago that they are worth telling
    /// again. Then they have been told.
    pub(crate) fn is_news(&mut self, words: &str, now: Instant) -> bool {
        self.told.retain(|(_, at)| now.saturating_duration_since(*at) < AGAIN);
        let is_news = !self.told.iter().any(|(told, _)| told == words);
        if is_news {
            if self.told.len() >= DIFFERENT {
                self.told.pop_front();
            }
            self.told.push_back((words.to_owned(), now));
        }
        is_news
    }

    /// It has gone well: what comes next is news.
    pub(crate) fn over(&mut self) {
        self.told.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_told_once_until_it_goes_well_or_they_are_old() {
        let (mut complaint, start) = (Complaint::default(), Instant::now());
        let later = |seconds| start + Duration::from_secs(seconds);
        assert!(complaint.is_news("refused", later(0)));
        assert!(!complaint.is_news("refused", later(599)));
        assert!(complaint.is_news("refused", later(600)));
        assert!(complaint.is_news("no answer", later(601)));
        assert!(!complaint.is_news("refused", later(602)), "the nodes of a cluster, in turn");
        assert!(!complaint.is_news("no answer", later(603)));
        complaint.over();
        assert!(complaint.is_news("refused", later(603)));
    }
}
