//! What is on its way to the broker: by its packet number, as what it is sent again, and whether its
//! acknowledgement is overdue. Pure: takes the clock as a parameter.

use std::time::Duration;

use bytes::BytesMut;
use tokio::time::Instant;

use super::packet::{Outgoing, Unsayable};
use crate::link::{Publish, Token};

/// After this time without an acknowledgement something is wrong: the broker, or the way to it. With the longest first
/// wait before a reconnection, 8 s, it is less than 20 s.
pub(super) const OVERDUE: Duration = Duration::from_secs(10);

/// Less than this in a second is nothing: no link that is of any use is slower.
pub(super) const SLOWEST: u64 = 512;

/// ... and however much there is to move, no longer than this.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

/// The greatest packet number of a message; far more than drivers have under way.
pub(super) const LAST: u16 = 1024;

/// A message under its number.
#[derive(Debug)]
struct Numbered {
    message: Publish,
    /// Counts what was numbered.
    order: u64,
    since: Instant,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// By packet number; the first is 0, which is none.
    numbered: Vec<Option<Numbered>>,
    under_way: usize,
    last: u16,
    count: u64,
    /// The latest that was acknowledged, by order.
    acknowledged: u64,
    progress: Option<Instant>,
}

impl Flight {
    /// Gives a message a number and keeps it until it is acknowledged. `None` when there is none to give:
    /// there are [`LAST`] under way.
    pub(super) fn add(&mut self, message: Publish, now: Instant) -> Option<Outgoing<'_>> {
        let after = |number: u16| if number < LAST { number + 1 } else { 1 };
        let is_free = |number: u16| self.numbered.get(usize::from(number)).is_none_or(Option::is_none);
        let tried = std::iter::successors(Some(after(self.last)), |number| Some(after(*number)));
        let number = tried.take(LAST.into()).find(|number| is_free(*number))?;
        self.last = number;
        self.count += 1;
        self.under_way += 1;
        let place = usize::from(number);
        if self.numbered.len() <= place {
            self.numbered.resize_with(place + 1, || None);
        }
        let numbered = self.numbered[place].insert(Numbered { message, order: self.count, since: now });
        Some(Outgoing { message: &numbered.message, id: number, again: false })
    }

    /// The broker has it.
    pub(super) fn acknowledged(&mut self, packet: u16, now: Instant) -> Option<Token> {
        let Numbered { message, order, .. } = self.numbered.get_mut(usize::from(packet))?.take()?;
        self.under_way -= 1;
        self.acknowledged = self.acknowledged.max(order);
        self.progress = Some(now);
        Some(message.token)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way == 0
    }

    /// Writes all of it again, in its order and under its numbers.
    pub(super) fn again(&mut self, out: &mut BytesMut, now: Instant) -> Result<(), Unsayable> {
        let numbered = (0..).zip(&mut self.numbered);
        let mut waiting: Vec<_> = numbered.filter_map(|(id, slot)| Some((id, slot.as_mut()?))).collect();
        waiting.sort_unstable_by_key(|(_, it)| it.order);
        waiting.into_iter().try_for_each(|(id, it)| {
            it.since = now;
            Outgoing { message: &it.message, id, again: true }.write(out)
        })
    }

    /// Whether an acknowledgement will not come any more: brokers acknowledge in order, so one that was passed
    /// over is missing, and when none comes at all, nobody is there. A broker that is merely slow is waited for, and a large
    /// message takes its time.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        let late =
            |it: &Numbered, since: Instant| now.saturating_duration_since(since) >= OVERDUE + it.takes();
        let is_silent =
            self.first().is_some_and(|it| late(it, self.progress.map_or(it.since, |at| at.max(it.since))));
        let mut waiting = self.numbered.iter().flatten();
        is_silent || waiting.any(|it| it.order < self.acknowledged && late(it, it.since))
    }

    /// How long it may take until what is next to be acknowledged is at the broker.
    pub(super) fn takes(&self) -> Duration {
        self.first().map(Numbered::takes).unwrap_or_default()
    }

    /// Acknowledgements may be standing behind something that is on its way.
    pub(super) fn excuse(&mut self, now: Instant) {
        self.progress = Some(now);
    }

    fn first(&self) -> Option<&Numbered> {
        self.numbered.iter().flatten().min_by_key(|it| it.order)
    }
}

impl Numbered {
    /// On the slowest link.
    fn takes(&self) -> Duration {
        let bytes = self.message.topic.len() + self.message.payload.len();
        Duration::from_secs(bytes as u64 / SLOWEST).min(PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::link::QoS;

    fn flight(tokens: &[Token]) -> (Flight, Instant) {
        let (mut flight, now) = (Flight::default(), Instant::now());
        for &token in tokens {
            flight.add(message(token), now).unwrap();
        }
        (flight, now)
    }

    fn message(token: Token) -> Publish {
        let payload = Bytes::from(token.to_string());
        Publish { token, topic: "t".to_owned(), payload, qos: QoS::AtLeastOnce, retain: false }
    }

    #[test]
    fn packet_numbers_stand_for_messages() {
        let (mut flight, now) = flight(&[10, 11, 12]);
        assert_eq!(
            [2, 2, 1, 7, 0].map(|packet| flight.acknowledged(packet, now)),
            [Some(11), None, Some(10), None, None]
        );
    }

    #[test]
    fn numbers_are_taken_again_when_they_are_free() {
        let all: Vec<Token> = (0..LAST.into()).collect();
        let (mut flight, now) = flight(&all);
        assert!(flight.add(message(7), now).is_none());
        assert_eq!(flight.acknowledged(500, now), Some(499));
        flight.add(message(9999), now).unwrap();
        assert_eq!(flight.acknowledged(500, now), Some(9999));
    }

    #[test]
    fn all_is_sent_again_in_its_order_and_under_its_numbers() {
        let (mut flight, now) = flight(&[10, 11, 12]);
        flight.acknowledged(1, now);
        flight.last = 0;
        flight.add(message(13), now).unwrap();
        let mut out = BytesMut::new();
        flight.again(&mut out, now).unwrap();
        assert_eq!(&out[..], b"\x3a\x07\0\x01t\0\x0211\x3a\x07\0\x01t\0\x0312\x3a\x07\0\x01t\0\x0113");
    }

    #[test]
    fn an_acknowledgement_that_was_passed_over_or_a_silent_broker_is_overdue() {
        let (mut flight, start) = flight(&[10, 11, 12]);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(!flight.is_overdue(at(9)) && flight.is_overdue(at(10)));
        // A slow one: the first comes late, the others may yet.
        flight.acknowledged(1, at(9));
        assert!(!flight.is_overdue(at(18)) && flight.is_overdue(at(19)));
        // The third before the second.
        flight.acknowledged(3, at(18));
        assert!(flight.is_overdue(at(18)));
        flight.acknowledged(2, at(18));
        assert!(!flight.is_overdue(at(999)));
    }

    #[test]
    fn c08_a_large_message_has_the_time_that_it_takes_and_no_more() {
        let (mut flight, start) = flight(&[]);
        let at = |seconds| start + Duration::from_secs(seconds);
        let large = |bytes| Publish { payload: Bytes::from(vec![b'x'; bytes]), ..message(7) };
        flight.add(large(51_199), start).unwrap();
        flight.add(message(8), start).unwrap();
        assert!(!flight.is_overdue(at(109)) && flight.is_overdue(at(110)), "100 s, and what all have");
        // What stood behind it has its time from then on.
        flight.acknowledged(1, at(109));
        assert!(!flight.is_overdue(at(118)) && flight.is_overdue(at(119)));
        flight.acknowledged(2, at(118));
        flight.add(large(16_000_000), at(200)).unwrap();
        assert!(!flight.is_overdue(at(509)) && flight.is_overdue(at(510)));
    }

    #[test]
    fn what_was_sent_again_has_its_time_again() {
        let (mut flight, start) = flight(&[10]);
        let at = |seconds| start + Duration::from_secs(seconds);
        flight.again(&mut BytesMut::new(), at(100)).unwrap();
        assert!(!flight.is_overdue(at(109)) && flight.is_overdue(at(110)));
    }
}
