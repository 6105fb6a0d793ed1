//! Which message is it for which the broker ends the connection? MQTT 3.1.1 has no word for it. Pure: it knows messages by
//! their numbers.

use crate::link::Token;

/// So many connections in a row that the broker has ended with the same message as the oldest that was not acknowledged are
/// worth a closer look. While many are on their way the oldest is only a guess: acknowledgements of those before the
/// culprit may be lost with the connection. So from then on each message goes alone.
const SUSPICIOUS: u32 = 2;

/// See the module. A network that breaks, a broker that restarts and a program that takes the client id look the same on one
/// connection: so it takes two more in a row, with a message of the same topic alone on its way. Its number would not do:
/// the whole state and what is the latest have another one on each connection.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    /// The oldest message that was not acknowledged when the last connection ended, and how many have ended so in a row.
    oldest: Option<(Token, u32)>,
    is_careful: bool,
    /// The topic of the message that was alone when the last connection ended.
    suspect: Option<String>,
}

impl Suspicion {
    /// Whether each message is to go alone.
    pub(super) fn is_careful(&self) -> bool {
        self.is_careful
    }

    /// The broker has ended a connection, with this message as the oldest of those that it had not acknowledged.
    pub(super) fn ended(&mut self, oldest: Option<Token>) {
        let times = match self.oldest {
            Some((last, times)) if Some(last) == oldest => times + 1,
            _ => 1,
        };
        self.oldest = oldest.map(|oldest| (oldest, times));
        self.is_careful = self.oldest.is_some() && times >= SUSPICIOUS;
    }

    /// The broker has ended a connection on which messages went alone, with one of this topic. Returns whether that is
    /// known now to be why.
    pub(super) fn ended_alone(&mut self, topic: &str) -> bool {
        let is_known = self.suspect.as_deref() == Some(topic);
        self.suspect = (!is_known).then(|| topic.to_owned());
        is_known
    }

    /// A message of this topic that went alone was acknowledged.
    pub(super) fn passed(&mut self, topic: &str) {
        if self.suspect.as_deref() == Some(topic) {
            self.over();
        }
    }

    /// A connection has ended for another reason.
    pub(super) fn interrupted(&mut self) {
        self.oldest = None;
        self.suspect = None;
    }

    /// It was nothing, all has gone, or a connection lasts.
    pub(super) fn over(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn careful() -> Suspicion {
        let mut suspicion = Suspicion::default();
        suspicion.ended(Some(3));
        assert!(!suspicion.is_careful());
        suspicion.ended(Some(3));
        assert!(suspicion.is_careful());
        suspicion
    }

    #[test]
    fn after_two_connections_that_end_alike_messages_go_alone_and_after_two_more_it_is_known() {
        let mut suspicion = careful();
        // What was guessed has passed: it was another one.
        suspicion.passed("a");
        assert_eq!((suspicion.ended_alone("b"), suspicion.ended_alone("b")), (false, true));
        // Each of the others costs two connections, until all has gone.
        assert_eq!((suspicion.ended_alone("c"), suspicion.ended_alone("c")), (false, true));
        assert!(suspicion.is_careful());
        suspicion.over();
        suspicion.ended(Some(9));
        assert!(!suspicion.is_careful());
    }

    #[test]
    fn who_is_alone_once_is_not_known_and_who_passes_ends_the_suspicion() {
        let mut suspicion = careful();
        // Another one, or a connection that ended otherwise: it counts anew.
        assert_eq!(["a", "b", "a", "b"].map(|topic| suspicion.ended_alone(topic)), [false; 4]);
        suspicion.interrupted();
        assert!(!suspicion.ended_alone("b") && suspicion.is_careful());
        suspicion.passed("a");
        assert!(suspicion.is_careful());
        suspicion.passed("b");
        assert!(!suspicion.is_careful());
        suspicion = careful();
        assert!(!suspicion.ended_alone("b"));
    }

    #[test]
    fn connections_that_end_otherwise_or_get_on_make_nobody_suspicious() {
        let mut suspicion = Suspicion::default();
        for oldest in [Some(1), Some(2), None, None, None, Some(2)] {
            suspicion.ended(oldest);
            assert!(!suspicion.is_careful(), "{oldest:?}");
        }
        suspicion.interrupted();
        suspicion.ended(Some(2));
        assert!(!suspicion.is_careful());
    }
}
