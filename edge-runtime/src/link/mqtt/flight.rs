//! What is on its way to the broker: by its packet number, as what it is sent again. Pure.

use std::collections::VecDeque;

use super::waits::Mark;
use crate::link::{Publish, Token};

/// The greatest packet number of a message; far more than drivers have under way.
pub(super) const LAST: u16 = 1024;

/// A message under its number.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) message: Publish,
    /// Where it ends in what was said on the connection; zero: it was not said on this one.
    pub(super) mark: Mark,
    /// Counts what was numbered.
    order: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// By packet number; the first is 0, which is none.
    numbered: Vec<Option<Numbered>>,
    under_way: usize,
    last: u16,
    count: u64,
}

impl Flight {
    /// Gives a message a number and keeps it until it is acknowledged. `None` when there is none to give:
    /// there are [`LAST`] under way.
    pub(super) fn add(&mut self, message: Publish) -> Option<u16> {
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
        self.numbered[place] = Some(Numbered { message, mark: 0, order: self.count });
        Some(number)
    }

    /// The message of a number.
    pub(super) fn get(&mut self, number: u16) -> Option<&mut Numbered> {
        self.numbered.get_mut(usize::from(number))?.as_mut()
    }

    /// The broker has it. Returns where it ended, besides whose it was.
    pub(super) fn acknowledged(&mut self, number: u16) -> Option<(Token, Mark)> {
        let Numbered { message, mark, .. } = self.numbered.get_mut(usize::from(number))?.take()?;
        self.under_way -= 1;
        Some((message.token, mark))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way == 0
    }

    /// A connection begins on which nothing of it was said. Returns all numbers, in the order of what they stand for.
    pub(super) fn all(&mut self) -> VecDeque<u16> {
        let numbered = (0..).zip(&mut self.numbered);
        let mut all: Vec<_> = numbered.filter_map(|(number, it)| Some((number, it.as_mut()?))).collect();
        all.sort_unstable_by_key(|(_, it)| it.order);
        let begin = |(number, it): (u16, &mut Numbered)| {
            it.mark = 0;
            number
        };
        all.into_iter().map(begin).collect()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::link::QoS;

    fn flight(tokens: &[Token]) -> Flight {
        let mut flight = Flight::default();
        for &token in tokens {
            flight.add(message(token)).unwrap();
        }
        flight
    }

    fn message(token: Token) -> Publish {
        let payload = Bytes::from(token.to_string());
        Publish { token, topic: "t".to_owned(), payload, qos: QoS::AtLeastOnce, retain: false, again: false }
    }

    #[test]
    fn packet_numbers_stand_for_messages() {
        let mut flight = flight(&[10, 11, 12]);
        flight.get(2).unwrap().mark = 77;
        let acknowledged = [2, 2, 1, 7, 0].map(|number| flight.acknowledged(number));
        assert_eq!(acknowledged, [Some((11, 77)), None, Some((10, 0)), None, None]);
        assert!(flight.get(2).is_none() && flight.get(3).is_some());
    }

    #[test]
    fn numbers_are_taken_again_when_they_are_free() {
        let all: Vec<Token> = (0..LAST.into()).collect();
        let mut flight = flight(&all);
        assert!(flight.add(message(7)).is_none());
        assert_eq!(flight.acknowledged(500), Some((499, 0)));
        assert_eq!(flight.add(message(9999)), Some(500));
        assert_eq!(flight.acknowledged(500), Some((9999, 0)));
    }

    #[test]
    fn all_is_said_again_in_its_order_and_under_its_numbers() {
        let mut flight = flight(&[10, 11, 12]);
        flight.acknowledged(1);
        flight.last = 0;
        flight.add(message(13)).unwrap();
        flight.get(2).unwrap().mark = 77;
        assert_eq!(flight.all(), [2, 3, 1]);
        assert_eq!(flight.get(2).unwrap().mark, 0);
    }
}
