//! How much may be stored: as much as the disk takes. Once it was full, less than there was then, until there is room
//! again: the engine deletes by writing, and must never be without a page to write to.

use std::collections::HashMap;

use super::Row;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Room {
    sizes: HashMap<Row, usize>,
    used: usize,
    most: Option<usize>,
}

impl Room {
    /// These are stored.
    pub(super) fn add(&mut self, records: impl IntoIterator<Item = (Row, usize)>) {
        for (row, bytes) in records {
            self.used += bytes;
            self.used -= self.sizes.insert(row, bytes).unwrap_or(0);
        }
    }

    /// These are not stored any longer.
    pub(super) fn remove(&mut self, rows: &[Row]) {
        for row in rows {
            self.used -= self.sizes.remove(row).unwrap_or(0);
        }
    }

    /// The disk was full with what is stored.
    pub(super) fn limit(&mut self) {
        self.most = Some(self.used / 8 * 7);
    }

    /// There is room on the disk again.
    pub(super) fn unlimit(&mut self) {
        self.most = None;
    }

    /// Whether so many bytes more would be too much.
    pub(super) fn is_beyond(&self, bytes: usize) -> bool {
        self.most.is_some_and(|most| self.used + bytes > most)
    }
}
