//! Topics on which the broker takes nothing: for each message on one of them it ends the connection. What is for them
//! waits; now and then one message is tried, alone. Pure: takes the clock as a parameter, and knows topics by their keys.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::link::Token;

/// How long a topic waits until it is tried, and how long after a try that was refused there is no other on the whole link.
/// A permission is given by hand, and whoever gives it looks for what comes of it for about so long; a try that is
/// refused costs a connection, and all that goes over it.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// See the module.
#[derive(Debug)]
pub(super) struct Barred<K> {
    /// With the time from which each may be tried.
    topics: BTreeMap<K, Instant>,
    /// It is time for a try, as soon as nothing else is on its way.
    is_called: bool,
    /// The message that is on its way, alone.
    trial: Option<(K, Token)>,
    not_before: Option<Instant>,
}

impl<K> Default for Barred<K> {
    fn default() -> Self {
        Self { topics: BTreeMap::new(), is_called: false, trial: None, not_before: None }
    }
}

impl<K: Ord + Copy> Barred<K> {
    /// Whether what is for a topic waits.
    pub(super) fn holds(&self, topic: impl FnOnce() -> Option<K>) -> bool {
        // It is asked of all that is sent, and mostly there are none.
        !self.topics.is_empty() && topic().is_some_and(|topic| self.topics.contains_key(&topic))
    }

    pub(super) fn len(&self) -> usize {
        self.topics.len()
    }

    /// The broker takes nothing there. Returns whether that is news.
    pub(super) fn bar(&mut self, topic: K, now: Instant) -> bool {
        self.topics.insert(topic, now + AGAIN).is_none()
    }

    /// When it is time for the next try, if it is not time already.
    pub(super) fn due(&self) -> Option<Instant> {
        let next = self.topics.values().min().filter(|_| !self.is_called && self.trial.is_none())?;
        Some(self.not_before.map_or(*next, |earliest| earliest.max(*next)))
    }

    /// Looks whether it is time for a try. Returns whether it has become so.
    pub(super) fn call(&mut self, now: Instant) -> bool {
        let is_due = self.due().is_some_and(|due| due <= now);
        self.is_called |= is_due;
        is_due
    }

    /// Whether a message is to be tried, alone.
    pub(super) fn is_called(&self) -> bool {
        self.is_called
    }

    /// The topic to be tried now: that which has waited longest.
    pub(super) fn next(&self) -> Option<K> {
        let topics = self.topics.iter().filter(|_| self.is_called && self.trial.is_none());
        topics.min_by_key(|(_, due)| **due).map(|(topic, _)| *topic)
    }

    /// A message of the topic goes, alone.
    pub(super) fn begin(&mut self, topic: K, message: Token) {
        self.trial = Some((topic, message));
    }

    /// There is nothing to try of a topic: its turn comes again as if it had been refused, and costs nothing.
    pub(super) fn pass_over(&mut self, topic: K, now: Instant) {
        self.bar(topic, now);
        self.is_called = false;
        self.call(now);
    }

    /// A message was acknowledged. If it was the one that was tried, its topic is barred no longer, and the others are
    /// tried at once: who gives one permission may have given all.
    pub(super) fn passed(&mut self, message: Token, now: Instant) -> Option<K> {
        let (topic, _) = self.trial.take_if(|(_, tried)| *tried == message)?;
        self.topics.remove(&topic);
        self.topics.values_mut().for_each(|due| *due = now);
        self.not_before = None;
        self.is_called = !self.topics.is_empty();
        Some(topic)
    }

    /// The broker has ended the connection once more.
    pub(super) fn refused(&mut self, now: Instant) {
        if let Some((topic, _)) = self.trial.take() {
            self.bar(topic, now);
        }
        self.not_before = Some(now + AGAIN);
        self.is_called = false;
    }

    /// The connection was lost for another reason: it is tried on the next one.
    pub(super) fn interrupted(&mut self) {
        self.trial = None;
    }

    /// Some topics are no more.
    pub(super) fn forget(&mut self, is_gone: impl Fn(&K) -> bool) {
        self.topics.retain(|topic, _| !is_gone(topic));
        self.trial.take_if(|(topic, _)| is_gone(topic));
        self.is_called &= !self.topics.is_empty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Topics are letters.
    fn barred(topics: &str) -> (Barred<char>, impl Fn(u32) -> Instant) {
        let (mut barred, start) = (Barred::default(), Instant::now());
        topics.chars().for_each(|topic| assert!(barred.bar(topic, start)));
        (barred, move |minutes| start + minutes * MINUTE)
    }

    #[test]
    fn a_topic_waits_and_is_tried_every_ten_minutes() {
        let (mut barred, at) = barred("a");
        assert!(barred.holds(|| Some('a')) && !barred.holds(|| Some('b')) && !barred.holds(|| None));
        for minutes in [10, 20, 30] {
            assert_eq!(barred.due(), Some(at(minutes)));
            assert!(!barred.call(at(minutes - 1)) && barred.next().is_none());
            assert!(barred.call(at(minutes)) && !barred.call(at(minutes)), "it is said once");
            assert_eq!((barred.next(), barred.due()), (Some('a'), None));
            barred.begin('a', 7);
            assert_eq!(barred.next(), None, "one at a time");
            barred.refused(at(minutes));
            assert!(!barred.is_called() && barred.holds(|| Some('a')));
        }
        assert!(barred.call(at(40)));
        barred.begin('a', 8);
        assert_eq!(barred.passed(7, at(40)), None);
        assert_eq!(barred.passed(8, at(40)), Some('a'));
        assert!(!barred.holds(|| Some('a')) && !barred.is_called() && barred.due().is_none());
    }

    #[test]
    fn many_topics_are_no_storm_and_one_that_passes_calls_the_others() {
        let (mut barred, at) = barred("abcdefghijklmnopqrstuvwxyz");
        let mut tried = Vec::new();
        for minute in 1..=520 {
            while barred.call(at(minute)) || barred.is_called() {
                let topic = barred.next().unwrap();
                barred.begin(topic, 1);
                barred.refused(at(minute));
                tried.push((minute, topic));
            }
        }
        // One in ten minutes, and each in its turn.
        let turns = (1..=52).map(|turn| turn * 10).zip(('a'..='z').cycle());
        assert_eq!(tried, turns.collect::<Vec<_>>());

        assert!(barred.call(at(999)));
        barred.begin(barred.next().unwrap(), 2);
        let first = barred.passed(2, at(999)).unwrap();
        let all: String = std::iter::from_fn(|| {
            barred.begin(barred.next()?, 3);
            barred.passed(3, at(999))
        })
        .collect();
        assert_eq!((all.len(), all.contains(first)), (25, false));
        assert!(!barred.is_called() && barred.len() == 0);
    }

    #[test]
    fn what_has_nothing_to_try_or_was_interrupted_has_its_turn_again() {
        let (mut barred, at) = barred("ab");
        barred.call(at(10));
        barred.pass_over('a', at(10));
        assert_eq!(barred.next(), Some('b'), "the other one, at once");
        barred.begin('b', 1);
        barred.interrupted();
        assert_eq!(barred.next(), Some('b'));
        barred.pass_over('b', at(11));
        assert_eq!((barred.is_called(), barred.due()), (false, Some(at(20))));
        barred.call(at(20));
        barred.begin('a', 2);
        barred.forget(|topic| *topic == 'a');
        assert_eq!((barred.len(), barred.next(), barred.passed(2, at(20))), (1, Some('b'), None));
        barred.forget(|_| true);
        assert!(!barred.is_called() && barred.next().is_none());
    }
}
