//! Which message is it for which the broker ends the connection? MQTT 3.1.1 has no word for it. Pure: it knows messages by
//! their numbers.

use crate::link::Token;

/// So many connections in a row that the broker has ended with the same message as the oldest that was not acknowledged are
/// no chance. While many are on their way the oldest is only a guess: acknowledgements of those before the
/// culprit may be lost with the connection. So from then on each message goes alone.
const SUSPICIOUS: u32 = 2;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    /// The oldest message that was not acknowledged when the last connection ended, and how many have ended so in a row.
    oldest: Option<(Token, u32)>,
    is_careful: bool,
}

impl Suspicion {
    /// Whether each message is to go alone.
    pub(super) fn is_careful(&self) -> bool {
        self.is_careful
    }

    /// The broker has ended a connection, with this message as the oldest of those that it had not acknowledged. Returns the
    /// culprit when it is known: it was alone.
    pub(super) fn ended(&mut self, oldest: Option<Token>) -> Option<Token> {
        if self.is_careful {
            return oldest;
        }
        let times = match self.oldest {
            Some((last, times)) if Some(last) == oldest => times + 1,
            _ => 1,
        };
        self.oldest = oldest.map(|oldest| (oldest, times));
        self.is_careful = self.oldest.is_some() && times >= SUSPICIOUS;
        None
    }

    /// A connection has ended for another reason.
    pub(super) fn interrupted(&mut self) {
        self.oldest = None;
    }

    /// All has gone, or a connection lasts.
    pub(super) fn over(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_two_connections_that_end_alike_messages_go_alone_and_the_next_is_the_culprit() {
        let mut suspicion = Suspicion::default();
        assert_eq!((suspicion.ended(Some(3)), suspicion.is_careful()), (None, false));
        assert_eq!((suspicion.ended(Some(3)), suspicion.is_careful()), (None, true));
        // It was another one: the broker had taken what was guessed.
        assert_eq!(suspicion.ended(Some(5)), Some(5));
        // Each of the others costs one connection, until all has gone.
        assert_eq!((suspicion.ended(Some(9)), suspicion.ended(None)), (Some(9), None));
        assert!(suspicion.is_careful());
        suspicion.over();
        assert_eq!((suspicion.ended(Some(9)), suspicion.is_careful()), (None, false));
    }

    #[test]
    fn connections_that_end_otherwise_or_get_on_make_nobody_suspicious() {
        let mut suspicion = Suspicion::default();
        for oldest in [Some(1), Some(2), None, None, None, Some(2)] {
            assert_eq!((suspicion.ended(oldest), suspicion.is_careful()), (None, false), "{oldest:?}");
        }
        suspicion.interrupted();
        assert_eq!((suspicion.ended(Some(2)), suspicion.is_careful()), (None, false));
    }
}
