//! The store's file: the only file that names redb.
//!
//! One table of records by row, one with the format's version and the next row. A transaction is durable when its
//! commit has returned. After a failure the file is opened again, because the engine trusts nothing after one; a
//! file that it cannot read is moved away, and what is whole in it is taken over. The engine may also take a step
//! back, to the commit before the last one, when the last cannot be read; so what is whole behind it is looked for.

#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{
    BackendError, Database, DatabaseError, ReadableDatabase as _, ReadableTable as _,
    ReadableTableMetadata as _, StorageBackend, StorageError, TableDefinition,
};

use super::faults::DiskFaults;
use super::record::{self, Record, VERSION};
use super::{Row, StoreError};

const RECORDS: TableDefinition<'_, Row, &[u8]> = TableDefinition::new("records");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
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
}

/// Why the engine does not do what it should.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("in use")]
    InUse,
    #[error("written by a newer version, {0}")]
    Version(u64),
    #[error(transparent)]
    Io(io::Error),
    /// What is in the file makes no sense.
    #[error("the file is damaged: {0}")]
    Damaged(String),
}

impl Disk {
    /// Opens or creates a file, and reads what is in it.
    pub(super) fn open(path: &Path, faults: DiskFaults) -> Result<(Self, Contents), StoreError> {
        let fail = |trouble| told(path, trouble);
        let mut disk =
            Self { path: path.to_owned(), faults, database: None, next: 0, known_set_by: None, set_by: None };
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

    /// Takes what is whole behind the last commit that can be read.
    fn step_forward(&mut self, contents: &mut Contents) -> Result<(), Trouble> {
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
    fn start_over(&mut self, damage: &str) -> Result<Contents, Trouble> {
        let bytes = std::fs::read(&self.path).map_err(Trouble::Io)?;
        let away = self.path.with_extension(format!("damaged-{}", jiff::Timestamp::now().as_nanosecond()));
        let records = record::salvage(&bytes);
        tracing::error!(
            path = %self.path.display(), moved = %away.display(), damage, saved = records.len(),
            "the store was damaged: it was moved away, and what was whole in it is kept"
        );
        let set_by = self.set_by_of(&records);
        self.set_by = Some(set_by);
        let next = behind(&records).max(std::mem::take(&mut self.next));
        // All of it is in a file beside the old one before that is moved: see `prepare`.
        let beside = new(&self.path);
        let path = std::mem::replace(&mut self.path, beside);
        let _ = std::fs::remove_file(&self.path);
        let written = self.initialize().and_then(|()| self.write_again(&records, next));
        self.database = None;
        let written_to = std::mem::replace(&mut self.path, path);
        let sizes = written?;
        std::fs::rename(&self.path, &away).map_err(Trouble::Io)?;
        std::fs::rename(written_to, &self.path).map_err(Trouble::Io)?;
        self.connect()?;
        Ok(Contents { records, sizes, next, set_by, damaged: 0 })
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

    /// Whether that waits to be written.
    pub(super) fn has_set(&self) -> bool {
        self.set_by.is_some()
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
        write.commit()?;
        (self.next, self.set_by) = (next, None);
        Ok(())
    }
}

/// Where a file is written that takes another one's place.
fn new(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// The row behind the last one.
fn behind(records: &[(Row, Record)]) -> Row {
    records.last().map_or(0, |(row, _)| row + 1)
}

/// The folder is there, and the file, if it is there, is one.
fn prepare(path: &Path) -> Result<(), StoreError> {
    let fail = |source: io::Error| told(path, Trouble::Io(source));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    // A program that moved a damaged file away may have ended before the new one was in its place.
    if !path.exists() && new(path).is_file() {
        std::fs::rename(new(path), path).map_err(fail)?;
    }
    let reason = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(fail(error)),
        Ok(metadata) if metadata.is_symlink() => "it is a symbolic link",
        Ok(metadata) if !metadata.is_file() => "it is no file",
        Ok(metadata) => return only_ours(path, &metadata).map_err(fail),
    };
    Err(StoreError::Unsafe { path: path.to_owned(), reason })
}

/// Nobody else may read it.
#[cfg(unix)]
fn only_ours(path: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = metadata.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(0o600);
    std::fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn only_ours(_: &Path, _: &std::fs::Metadata) -> io::Result<()> {
    Ok(())
}

fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// In the words of those who use it.
fn told(path: &Path, trouble: Trouble) -> StoreError {
    let path = path.to_owned();
    match trouble {
        Trouble::InUse => StoreError::InUse { path },
        Trouble::Version(found) => StoreError::Version { path, found, known: VERSION },
        Trouble::Io(error) if is_full(&error) => StoreError::Full { path },
        Trouble::Io(error) => StoreError::Io { path, source: Arc::new(error) },
        Trouble::Damaged(_) => StoreError::Io { path, source: Arc::new(trouble) },
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Io(error) if is_foreign(&error) => Self::Damaged(error.to_string()),
            StorageError::Io(error) => Self::Io(error),
            error => Self::Damaged(error.to_string()),
        }
    }
}

/// The engine's word for a file that is none of its own, or shorter than it was.
fn is_foreign(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

impl From<DatabaseError> for Trouble {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Self::InUse,
            DatabaseError::Storage(error) => error.into(),
            error => Self::Damaged(error.to_string()),
        }
    }
}

impl From<redb::Error> for Trouble {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => StorageError::Io(error).into(),
            error => Self::Damaged(error.to_string()),
        }
    }
}

macro_rules! by_way_of_the_common_error {
    ($($error:ty),*) => {$(
        impl From<$error> for Trouble {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}

by_way_of_the_common_error!(redb::TransactionError, redb::TableError, redb::CommitError);

/// A file that fails when a test wants it to.
#[derive(Debug)]
struct Backend {
    file: FileBackend,
    faults: DiskFaults,
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.faults.flush()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.faults.write()?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }
}
