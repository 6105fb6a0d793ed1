//! The store's file. Nobody but this module names redb.
//!
//! One table of records by row, one with the format's version and the next row, one of what was dropped and not told of. A transaction is durable when its
//! commit has returned. After a failure the file is opened again, because the engine trusts nothing after one; a
//! file that it cannot read is moved away, and what is whole in it is taken over. The engine may also take a step
//! back, to the commit before the last one, when the last cannot be read; so what is whole behind it is looked for.

mod backend;
mod file;
mod repair;
#[cfg(test)]
mod tests;
mod trouble;

use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _, TableDefinition,
};

use backend::Backend;
use file::{open_file, prepare};
use repair::behind;
use trouble::{Trouble, told};

use super::faults::DiskFaults;
use super::record::{self, Record, VERSION};
use super::{Row, StoreError, Untold};

const RECORDS: TableDefinition<'_, Row, &[u8]> = TableDefinition::new("records");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// See [`Untold`].
const UNTOLD: TableDefinition<'_, (&str, &str), u64> = TableDefinition::new("untold");
const VERSION_KEY: &str = "version";
const NEXT_KEY: &str = "next";
/// By how many milliseconds the clock was seen to be set since there is the file; a signed number.
const SET_KEY: &str = "set";

/// How much of the file is kept in memory. What is written is in the outbox, and read once.
const CACHE: usize = 1024 * 1024;
/// How much room is kept on the disk so that something can still be deleted when it is full: the engine deletes by
/// writing.
const RESERVE: usize = 128 * 1024;
/// A file of more than this that holds little is made smaller when it is opened.
const LARGE: u64 = 4 * 1024 * 1024;

/// What a file held when it was opened.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) records: Vec<(Row, Record)>,
    /// How many bytes they are.
    pub(super) sizes: Vec<(Row, usize)>,
    pub(super) next: Row,
    /// By how many milliseconds the clock was seen to be set.
    pub(super) set_by: i64,
    pub(super) untold: Untold,
    /// How many rows there were that could not be read.
    pub(super) damaged: u64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    faults: DiskFaults,
    /// None after a failure, until it is opened again.
    database: Option<Database>,
    /// The next row, as the file knows it.
    next: Row,
    /// By how many milliseconds the clock was set, as the file knew it when it was read; `None`: it did not say.
    known_set_by: Option<i64>,
    /// The same, if the file does not know it.
    set_by: Option<i64>,
    /// What was dropped and not told of, as the file knew it when it was read.
    known_untold: Untold,
    /// What the file does not know of it; 0 of what was told.
    untold: Untold,
}

impl Disk {
    /// Opens or creates a file, and reads what is in it.
    pub(super) fn open(path: &Path, faults: DiskFaults) -> Result<(Self, Contents), StoreError> {
        let fail = |trouble| told(path, trouble);
        let mut disk = Self {
            path: path.to_owned(),
            faults,
            database: None,
            next: 0,
            known_set_by: None,
            set_by: None,
            known_untold: Untold::new(),
            untold: Untold::new(),
        };
        prepare(path)?;
        let damage = match disk.read() {
            Ok(contents) if contents.damaged == 0 => return Ok((disk, contents)),
            Ok(contents) => format!("{} records", contents.damaged),
            Err(Trouble::Damaged(reason)) => reason,
            Err(trouble) => return Err(fail(trouble)),
        };
        let _ = catch_unwind(AssertUnwindSafe(|| disk.database = None));
        let contents = disk.start_over(&damage).map_err(fail)?;
        Ok((disk, contents))
    }

    /// The engine's part of opening. It may panic on a file that makes no sense.
    fn read(&mut self) -> Result<Contents, Trouble> {
        let read = catch_unwind(AssertUnwindSafe(|| {
            self.connect()?;
            self.contents()
        }));
        read.unwrap_or_else(|_| Err(Trouble::Damaged("the engine gave up".to_owned())))
    }

    fn connect(&mut self) -> Result<&mut Database, Trouble> {
        if self.database.is_none() {
            let file = FileBackend::new(open_file(&self.path).map_err(Trouble::Io)?)?;
            let backend = Backend { file, faults: self.faults.clone() };
            self.database = Some(Database::builder().set_cache_size(CACHE).create_with_backend(backend)?);
        }
        self.database.as_mut().ok_or(Trouble::InUse)
    }

    fn contents(&mut self) -> Result<Contents, Trouble> {
        self.initialize()?;
        let mut contents = self.read_all()?;
        if contents.damaged == 0 {
            self.step_forward(&mut contents)?;
        }
        let is_large = std::fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() > LARGE);
        if is_large
            && contents.records.is_empty()
            && let Err(error) = self.connect()?.compact()
        {
            // It stays as large as it is.
            tracing::debug!(path = %self.path.display(), %error, "not made smaller");
        }
        Ok(contents)
    }

    /// A new file gets its tables, an older one is of our version from now on; one of a newer version is left alone.
    fn initialize(&mut self) -> Result<(), Trouble> {
        let database = self.connect()?;
        let read = database.begin_read()?;
        if let Ok(meta) = read.open_table(META)
            && let Some(version) = meta.get(VERSION_KEY)?
        {
            match version.value() {
                VERSION => return Ok(()),
                newer if newer > VERSION => return Err(Trouble::Version(newer)),
                // What it has can be read. What is added, a program that knows only its version could not.
                _ => {}
            }
        }
        drop(read);
        let write = database.begin_write()?;
        write.open_table(META)?.insert(VERSION_KEY, VERSION)?;
        write.open_table(RECORDS)?;
        Ok(write.commit()?)
    }

    fn read_all(&mut self) -> Result<Contents, Trouble> {
        let read = self.connect()?.begin_read()?;
        // First: what is damaged behind it takes nothing of it away.
        let meta = read.open_table(META)?;
        let next = meta.get(NEXT_KEY)?.map_or(0, |next| next.value());
        let set_by = meta.get(SET_KEY)?.map_or(0, |set_by| set_by.value().cast_signed());
        (self.next, self.known_set_by) = (next, Some(set_by));
        let mut contents = Contents { set_by, ..Contents::default() };
        // There is none where nothing was ever dropped.
        if let Ok(table) = read.open_table(UNTOLD) {
            for entry in table.iter()? {
                let (key, count) = entry?;
                let (device, asset) = key.value();
                contents.untold.insert((device.to_owned(), asset.to_owned()), count.value());
            }
        }
        self.known_untold.clone_from(&contents.untold);
        let table = read.open_table(RECORDS)?;
        for entry in table.iter()? {
            let (row, bytes) = entry?;
            match record::read(bytes.value()).filter(|framed| framed.row == row.value()) {
                Some(framed) => {
                    contents.sizes.push((framed.row, framed.bytes));
                    contents.records.push((framed.row, framed.record));
                }
                None => contents.damaged += 1,
            }
        }
        // A branch of the tree that cannot be reached any more.
        let there = contents.records.len() as u64 + contents.damaged;
        contents.damaged += table.len()?.saturating_sub(there);
        contents.next = next.max(behind(&contents.records));
        Ok(contents)
    }

    pub(super) fn full(&self) -> StoreError {
        StoreError::Full { path: self.path.clone() }
    }

    /// Keeps some room on the disk.
    pub(super) fn reserve(&self) -> io::Result<()> {
        let path = self.reserved();
        if std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() >= RESERVE as u64) {
            return Ok(());
        }
        self.faults.write()?;
        let kept = open_file(&path).and_then(|mut file| file.write_all(&[0; RESERVE]));
        if kept.is_err() {
            self.release();
        }
        kept
    }

    /// Gives that room away.
    pub(super) fn release(&self) {
        let _ = std::fs::remove_file(self.reserved());
    }

    fn reserved(&self) -> PathBuf {
        self.path.with_extension("reserve")
    }

    /// By so many milliseconds the clock was set until now: written with what is written next.
    pub(super) fn set_by(&mut self, milliseconds: i64) {
        self.set_by = Some(milliseconds);
    }

    /// So many states were dropped of which no message has told: written with what is written next.
    pub(super) fn untold(&mut self, untold: Untold) {
        self.untold.extend(untold);
    }

    /// Whether something of that waits to be written.
    pub(super) fn has_news(&self) -> bool {
        self.set_by.is_some() || !self.untold.is_empty()
    }

    /// Writes records and deletes rows, durably, all or nothing.
    pub(super) fn commit(
        &mut self,
        records: &[(Row, &[u8])],
        done: &[Row],
        next: Row,
    ) -> Result<(), StoreError> {
        let written = catch_unwind(AssertUnwindSafe(|| self.write(records, done, next)));
        let result = written.unwrap_or_else(|_| Err(Trouble::Damaged("the engine gave up".to_owned())));
        result.map_err(|trouble| {
            // After an error the engine refuses all else.
            let _ = catch_unwind(AssertUnwindSafe(|| self.database = None));
            told(&self.path, trouble)
        })
    }

    fn write(&mut self, records: &[(Row, &[u8])], done: &[Row], next: Row) -> Result<(), Trouble> {
        let write = self.connect()?.begin_write()?;
        let mut table = write.open_table(RECORDS)?;
        for (row, bytes) in records {
            table.insert(row, *bytes)?;
        }
        for row in done {
            table.remove(row)?;
        }
        drop(table);
        // Also where there is nothing new: what was not stored must not be found behind it.
        if next > self.next {
            write.open_table(META)?.insert(NEXT_KEY, next)?;
        }
        if let Some(set_by) = self.set_by {
            write.open_table(META)?.insert(SET_KEY, set_by.cast_unsigned())?;
        }
        if !self.untold.is_empty() {
            let mut table = write.open_table(UNTOLD)?;
            for ((device, asset), count) in &self.untold {
                let key = (device.as_str(), asset.as_str());
                match count {
                    0 => drop(table.remove(key)?),
                    _ => drop(table.insert(key, count)?),
                }
            }
        }
        write.commit()?;
        (self.next, self.set_by) = (next, None);
        self.untold.clear();
        Ok(())
    }
}
