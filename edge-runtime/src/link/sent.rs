//! What is on its way to the broker, and whether its acknowledgement is overdue. Pure: takes the clock as a
//! parameter.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::{QoS, Token};

/// After this time without an acknowledgement something is wrong: the broker, or the way to it. With the longest first
/// wait before a reconnection, 8 s, it is less than 20 s.
pub(super) const OVERDUE: Duration = Duration::from_secs(10);

/// A message with a packet number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbered {
    token: Token,
    /// Counts what was numbered.
    order: u64,
    since: Instant,
}

/// Which of the driver's messages the client's packet numbers stand for.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Given to the client in this order, not numbered yet.
    at_least_once: VecDeque<Token>,
    at_most_once: VecDeque<Token>,
    /// On their way, by packet number: clients use small ones.
    numbered: Vec<Option<Numbered>>,
    count: u64,
    /// The latest that was acknowledged, by order.
    acknowledged: u64,
    progress: Option<Instant>,
}

impl Sent {
    /// The client has been given a message.
    pub(super) fn push(&mut self, qos: QoS, token: Token) {
        match qos {
            QoS::AtMostOnce => self.at_most_once.push_back(token),
            QoS::AtLeastOnce => self.at_least_once.push_back(token),
        }
    }

    /// A packet goes out. Returns the message if that is all that will ever be heard of it.
    pub(super) fn written(&mut self, packet: u16, now: Instant) -> Option<Token> {
        if packet == 0 {
            return self.at_most_once.pop_front();
        }
        let packet = usize::from(packet);
        if self.numbered.len() <= packet {
            self.numbered.resize(packet + 1, None);
        }
        if let Some(again) = &mut self.numbered[packet] {
            again.since = now;
        } else if let Some(token) = self.at_least_once.pop_front() {
            self.count += 1;
            self.numbered[packet] = Some(Numbered { token, order: self.count, since: now });
        }
        None
    }

    /// The broker has it.
    pub(super) fn acknowledged(&mut self, packet: u16, now: Instant) -> Option<Token> {
        let Numbered { token, order, .. } = self.numbered.get_mut(usize::from(packet))?.take()?;
        self.acknowledged = self.acknowledged.max(order);
        self.progress = Some(now);
        Some(token)
    }

    /// Whether an acknowledgement will not come any more: brokers acknowledge in order, so one that was passed
    /// over is missing, and when none comes at all, nobody is there. A broker that is merely slow is waited for.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        let late = |since: Instant| now.saturating_duration_since(since) >= OVERDUE;
        let is_still = self.progress.is_none_or(late);
        self.numbered.iter().flatten().any(|it| late(it.since) && (is_still || it.order < self.acknowledged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(tokens: &[Token]) -> (Sent, Instant) {
        let mut sent = Sent::default();
        tokens.iter().for_each(|&token| sent.push(QoS::AtLeastOnce, token));
        (sent, Instant::now())
    }

    #[test]
    fn packet_numbers_stand_for_messages_in_their_order() {
        let (mut sent, now) = sent(&[10, 11, 12]);
        sent.push(QoS::AtMostOnce, 13);
        assert_eq!([1, 0, 2].map(|packet| sent.written(packet, now)), [None, Some(13), None]);
        assert_eq!(
            [2, 2, 1, 7].map(|packet| sent.acknowledged(packet, now)),
            [Some(11), None, Some(10), None]
        );
    }

    #[test]
    fn what_is_sent_again_on_a_resumed_session_keeps_its_message() {
        let (mut sent, now) = sent(&[10, 11, 12]);
        assert_eq!([1, 2].map(|packet| sent.written(packet, now)), [None, None]);
        // 1 is acknowledged and the connection breaks. 2 is sent again, then the one that had no
        // number yet, which gets a number that is free.
        assert_eq!(sent.acknowledged(1, now), Some(10));
        assert_eq!([2, 1].map(|packet| sent.written(packet, now)), [None, None]);
        assert_eq!([2, 1].map(|packet| sent.acknowledged(packet, now)), [Some(11), Some(12)]);
    }

    #[test]
    fn an_acknowledgement_that_was_passed_over_or_a_silent_broker_is_overdue() {
        let (mut sent, start) = sent(&[10, 11, 12]);
        let at = |seconds| start + Duration::from_secs(seconds);
        for packet in 1..=3 {
            sent.written(packet, start);
        }
        assert!(!sent.is_overdue(at(9)) && sent.is_overdue(at(10)));
        // A slow one: the first comes late, the others may yet.
        sent.acknowledged(1, at(9));
        assert!(!sent.is_overdue(at(18)) && sent.is_overdue(at(19)));
        // The third before the second.
        sent.acknowledged(3, at(18));
        assert!(sent.is_overdue(at(18)));
        sent.acknowledged(2, at(18));
        assert!(!sent.is_overdue(at(999)));
    }

    #[test]
    fn what_was_sent_again_has_its_time_again() {
        let (mut sent, start) = sent(&[10]);
        let at = |seconds| start + Duration::from_secs(seconds);
        sent.written(1, start);
        sent.written(1, at(100));
        assert!(!sent.is_overdue(at(109)) && sent.is_overdue(at(110)));
    }
}
