//! What is whole in a file that is damaged, or whose last commit is.

use super::file::beside;
use super::trouble::Trouble;
use super::{Contents, Disk};
use crate::outbox::store::Row;
use crate::outbox::store::record::{self, Record};

impl Disk {
    /// Takes what is whole behind the last commit that can be read.
    pub(super) fn step_forward(&mut self, contents: &mut Contents) -> Result<(), Trouble> {
        let bytes = std::fs::read(&self.path).map_err(Trouble::Io)?;
        let found = record::behind(contents.next, record::salvage(&bytes));
        if found.is_empty() {
            return Ok(());
        }
        tracing::warn!(path = %self.path.display(), records = found.len(), "the last commit is not whole: taken as far as it is");
        let next = behind(&found);
        contents.set_by = self.set_by_of(&found);
        self.set_by = Some(contents.set_by);
        contents.sizes.extend(self.write_again(&found, next)?);
        contents.records.extend(found);
        contents.next = next;
        Ok(())
    }

    /// By how many milliseconds the clock was set, as the newest says it: what the file knew is of its last commit that can be
    /// read, and the last record may be of one behind that.
    fn set_by_of(&self, records: &[(Row, Record)]) -> i64 {
        match (self.known_set_by, records.last()) {
            (Some(known), Some((row, _))) if *row < self.next => known,
            (_, Some((_, record))) => record.set_by,
            (known, None) => known.unwrap_or_default(),
        }
    }

    /// Returns how many bytes they are.
    fn write_again(&mut self, records: &[(Row, Record)], next: Row) -> Result<Vec<(Row, usize)>, Trouble> {
        let lowest = records.first().map_or(0, |(row, _)| *row);
        let again = records.iter().map(|(row, record)| (*row, record::write(*row, lowest, record)));
        let again: Vec<_> = again.collect();
        let again: Vec<_> = again.iter().map(|(row, bytes)| (*row, &bytes[..])).collect();
        self.write(&again, &[], next)?;
        Ok(again.iter().map(|(row, bytes)| (*row, bytes.len())).collect())
    }

    /// Moves a damaged file away, and begins a new one with what is whole in it.
    pub(super) fn start_over(&mut self, damage: &str) -> Result<Contents, Trouble> {
        let bytes = std::fs::read(&self.path).map_err(Trouble::Io)?;
        let away = self.path.with_extension(format!("damaged-{}", jiff::Timestamp::now().as_nanosecond()));
        let records = record::salvage(&bytes);
        tracing::error!(
            path = %self.path.display(), moved = %away.display(), damage, saved = records.len(),
            "the store was damaged: it was moved away, and what was whole in it is kept"
        );
        let set_by = self.set_by_of(&records);
        self.set_by = Some(set_by);
        let untold = std::mem::take(&mut self.known_untold);
        self.untold.clone_from(&untold);
        let next = behind(&records).max(std::mem::take(&mut self.next));
        // All of it is in a file beside the old one before that is moved: see `prepare`.
        let beside = beside(&self.path);
        let path = std::mem::replace(&mut self.path, beside);
        let _ = std::fs::remove_file(&self.path);
        let written = self.initialize().and_then(|()| self.write_again(&records, next));
        self.database = None;
        let written_to = std::mem::replace(&mut self.path, path);
        let sizes = written?;
        std::fs::rename(&self.path, &away).map_err(Trouble::Io)?;
        std::fs::rename(written_to, &self.path).map_err(Trouble::Io)?;
        self.connect()?;
        Ok(Contents { records, sizes, next, set_by, untold, damaged: 0 })
    }
}

/// The row behind the last one.
pub(super) fn behind(records: &[(Row, Record)]) -> Row {
    records.last().map_or(0, |(row, _)| row + 1)
}
