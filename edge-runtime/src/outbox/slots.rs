//! Numbered places, most of which are taken in the order in which they were filled.

use std::collections::VecDeque;

use super::Entry;
use super::memory::give_back;
use crate::link::Token;

/// An entry at its place.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) number: Token,
    pub(super) entry: Entry,
    /// It was handed to the link, on this session.
    pub(super) sent: bool,
    /// ... on an earlier one, or perhaps in an earlier life.
    again: bool,
}

impl Slot {
    /// It is not on its way any more.
    pub(super) fn rewind(&mut self) {
        self.again |= std::mem::take(&mut self.sent);
    }

    /// How it goes.
    pub(super) fn going(&self, is_late: bool) -> Going {
        Going { is_late, again: self.again }
    }
}

/// How an entry goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Going {
    /// Behind what came after it.
    pub(crate) is_late: bool,
    /// It was sent before, and nobody knows whether it has arrived.
    pub(crate) again: bool,
}

/// Entries by their numbers. A place that was emptied in the middle stays, until there are so many that it pays to
/// close ranks.
#[derive(Debug, Default)]
pub(super) struct Slots {
    places: VecDeque<Place>,
    filled: usize,
    /// The number that the next entry will have.
    end: Token,
}

#[derive(Debug)]
enum Place {
    Filled(Slot),
    /// What had this number is gone.
    Empty(Token),
}

impl Place {
    fn number(&self) -> Token {
        match self {
            Self::Filled(slot) => slot.number,
            Self::Empty(number) => *number,
        }
    }

    fn slot(&self) -> Option<&Slot> {
        match self {
            Self::Filled(slot) => Some(slot),
            Self::Empty(_) => None,
        }
    }

    fn slot_mut(&mut self) -> Option<&mut Slot> {
        match self {
            Self::Filled(slot) => Some(slot),
            Self::Empty(_) => None,
        }
    }

    fn take(&mut self) -> Option<Slot> {
        let number = self.number();
        match std::mem::replace(self, Self::Empty(number)) {
            Self::Filled(slot) => Some(slot),
            Self::Empty(_) => None,
        }
    }
}

/// Fewer places than this are never closed up.
const FEW: usize = 256;

impl Slots {
    /// The number that the next entry will have.
    pub(super) fn end(&self) -> Token {
        self.end
    }

    /// The lowest number that is filled, or the end.
    pub(super) fn first(&self) -> Token {
        self.places.front().map_or(self.end, Place::number)
    }

    pub(super) fn len(&self) -> usize {
        self.filled
    }

    /// Takes an entry in, under the number of the end.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry) {
        let number = self.end;
        self.end += 1;
        self.filled += 1;
        let again = entry.is_recovered();
        self.places.push_back(Place::Filled(Slot { number, entry, sent: false, again }));
    }

    /// Where a number is: without gaps, as far behind the first as it is greater.
    fn index(&self, number: Token) -> Option<usize> {
        let ahead = usize::try_from(number.checked_sub(self.first())?).ok()?;
        match self.places.get(ahead) {
            Some(place) if place.number() == number => Some(ahead),
            _ => self.places.binary_search_by_key(&number, Place::number).ok(),
        }
    }

    pub(super) fn get(&self, number: Token) -> Option<&Slot> {
        self.places[self.index(number)?].slot()
    }

    pub(super) fn get_mut(&mut self, number: Token) -> Option<&mut Slot> {
        let index = self.index(number)?;
        self.places[index].slot_mut()
    }

    pub(super) fn take(&mut self, number: Token) -> Option<Slot> {
        let index = self.index(number)?;
        let slot = self.places[index].take()?;
        self.filled -= 1;
        while self.places.front().is_some_and(|place| place.slot().is_none()) {
            self.places.pop_front();
        }
        if self.places.len() > FEW && self.places.len() > 2 * self.filled {
            self.places.retain(|place| place.slot().is_some());
        }
        give_back(&mut self.places);
        Some(slot)
    }

    /// In their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.places.iter().filter_map(Place::slot)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.places.iter_mut().filter_map(Place::slot_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;
    use crate::outbox::Body;

    /// A setter fills one, so it lies in few of the processor's lines; what few entries have lies elsewhere.
    #[test]
    fn a_place_is_small() {
        assert!(size_of::<Place>() <= 128, "{}", size_of::<Place>());
    }

    #[test]
    fn what_a_backlog_has_needed_is_given_back() {
        let (mut slots, origin) = (Slots::default(), Origin::for_tests("TEST-1"));
        let word = || Body::Presence(edge_proto::payload::PresenceStatus::Offline);
        (0..20_000).for_each(|_| slots.push(Entry::new(&origin, word())));
        let needed = slots.places.capacity();
        (0..19_990).for_each(|number| drop(slots.take(number)));
        assert!(slots.places.capacity() <= FEW && needed >= 20_000, "{}", slots.places.capacity());
        assert_eq!((slots.first(), slots.len()), (19_990, 10));
        assert!((19_990..20_000).all(|number| slots.get(number).is_some()));
    }
}
