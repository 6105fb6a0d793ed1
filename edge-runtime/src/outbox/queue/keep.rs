//! What is stored, or is to be.

use std::ops::Range;
use std::sync::Arc;

use super::{Queue, address};
use crate::link::Token;
use crate::model::Overflow;
use crate::origin::Origin;
use crate::outbox::entry::Entry;
use crate::outbox::store::Row;

/// Of what is stored and may be dropped, this part goes when the disk is full.
const DROPPED_PART: usize = 4;

impl Queue {
    /// The store has these entries.
    pub(in crate::outbox) fn stored(&mut self, numbers: Range<Token>) {
        for number in numbers {
            if let Some(origin) = self.entry(number).map(|entry| Arc::clone(&entry.origin)) {
                self.settle(&origin, number);
            }
        }
    }

    /// An entry is stored, or does not have to be any more: its device goes on up to the next that is not.
    pub(super) fn settle(&mut self, origin: &Arc<Origin>, number: Token) {
        let Some(unstored) = self.unstored.get_mut(&address(origin)) else { return };
        if let Ok(index) = unstored.binary_search(&number) {
            unstored.remove(index);
        }
        origin.hold_from(unstored.front().copied().unwrap_or(Token::MAX));
        if unstored.is_empty() {
            self.unstored.remove(&address(origin));
        }
    }

    /// There is no room on the disk for these entries: drops some of the oldest that are stored, of the same assets,
    /// if these say that it may be so. Returns whether something was dropped.
    pub(in crate::outbox) fn drop_stored(&mut self, numbers: Range<Token>) -> bool {
        let entries = numbers.clone().filter_map(|number| self.entry(number));
        let assets = entries
            .flat_map(|entry| entry.ruled().iter().map(|(asset, _)| (Arc::clone(&entry.origin), *asset)));
        let may_drop = |(origin, asset): &(Arc<Origin>, usize)| {
            matches!(origin.model.assets[*asset].rules.overflow, Overflow::DropOldest | Overflow::Latest)
        };
        let mut dropped = false;
        for (origin, asset) in assets.filter(may_drop).collect::<Vec<_>>() {
            let waiting = self.lanes.get(&origin, asset).map_or(0, |lane| lane.numbers.len());
            for _ in 0..waiting.div_ceil(DROPPED_PART) {
                let is_older = self.oldest(&origin, asset).is_some_and(|number| number < numbers.start);
                dropped |= is_older && self.drop_oldest(&origin, asset);
            }
        }
        dropped
    }

    /// The entries that are stored in these rows.
    pub(in crate::outbox) fn of_rows(&self, rows: &Range<Row>) -> Vec<Token> {
        let is_one = |entry: &Entry| entry.row().is_some_and(|row| rows.contains(&row));
        self.slots.iter().filter(|slot| is_one(&slot.entry)).map(|slot| slot.number).collect()
    }

    /// Whether an entry is stored in this row.
    pub(in crate::outbox) fn has_row(&self, row: Row) -> bool {
        self.slots.iter().any(|slot| slot.entry.row() == Some(row))
    }
}
