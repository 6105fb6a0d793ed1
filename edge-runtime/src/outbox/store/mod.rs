//! The outbox on disk: what was accepted with `retention = "stored"`, until it is acknowledged.
//!
//! A thread of its own writes: all that has come while it wrote goes with the next commit, which is flushed once
//! for all of it. What is no longer needed goes with it, or by itself soon after.

mod disk;
mod error;
mod faults;
mod record;
mod room;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::time::Instant;

use self::disk::{Contents, Disk};
pub(crate) use self::error::OfStore;
pub use self::error::StoreError;
pub use self::faults::DiskFaults;
pub(super) use self::record::salvage;
pub(crate) use self::record::{Record, StoredReport};
use self::room::Room;
use super::Fate;
use crate::clock::Lasting;
use crate::link::Token;
use crate::lock::lock;
use crate::origin::Origin;

/// Numbers what is stored, through all lives of a device.
pub(crate) type Row = u64;

/// How many states were dropped of which no message that was acknowledged has told: by device and asset.
type Untold = BTreeMap<(String, String), u64>;

/// How long a file that is in use is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long deletions wait for others, and for something to be written.
const GATHER: Duration = Duration::from_millis(50);

/// A transaction on its way to the disk.
#[derive(Debug)]
pub(crate) struct Unit {
    /// By row, one for each entry.
    pub(super) records: Vec<(Row, Vec<u8>)>,
    /// The entries that it is of.
    pub(super) numbers: Range<Token>,
    pub(super) fate: Arc<Fate>,
    /// The devices' transactions that it is of, by their numbers.
    pub(super) origins: Vec<(Arc<Origin>, u64)>,
    /// It was not tried before.
    pub(super) is_first: bool,
}

impl Unit {
    /// To be tried once more.
    pub(super) fn again(self) -> Self {
        Self { is_first: false, ..self }
    }
}

/// Is told of each transaction whether it was stored, and gives it back when it is to be tried once more.
pub(crate) type Settle = Box<dyn Fn(Unit, Result<(), Arc<StoreError>>) -> Option<Unit> + Send>;

#[derive(Debug, Default)]
struct Work {
    units: Vec<Unit>,
    done: Vec<Row>,
    /// By how many milliseconds the clock was set, if that is news.
    set_by: Option<i64>,
    /// What is news of it; 0 of what was told.
    untold: Untold,
    closing: bool,
}

#[derive(Debug)]
struct Shared {
    work: Mutex<Work>,
    wake: Condvar,
    ended: watch::Sender<bool>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    shared: Arc<Shared>,
    rows: Mutex<Rows>,
    set: Mutex<Set>,
    untold: Mutex<Untold>,
}

/// By how much the clock was set.
#[derive(Debug)]
struct Set {
    /// Before this life of the program; known from when this life's part of it is.
    before: Option<SignedDuration>,
    /// All in all, as the file knows it, or will soon.
    known: i64,
}

#[derive(Debug)]
struct Rows {
    next: Row,
    /// What is to be kept.
    kept: BTreeSet<Row>,
}

/// Ends the thread, which writes what it has.
impl Drop for Store {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Work> {
        lock(&self.work)
    }

    /// Waits for something to do.
    fn next(&self) -> Work {
        let mut work = self.lock();
        loop {
            if !work.units.is_empty() || work.closing {
                break;
            }
            if work.done.is_empty() && work.set_by.is_none() && work.untold.is_empty() {
                work = self.wake.wait(work).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited =
                    self.wake.wait_timeout_while(work, GATHER, |work| work.units.is_empty() && !work.closing);
                work = waited.unwrap_or_else(PoisonError::into_inner).0;
                break;
            }
        }
        let left = Work { closing: work.closing, ..Work::default() };
        std::mem::replace(&mut *work, left)
    }
}

impl Store {
    /// Opens a file, on a thread where one may wait, and gives what was in it.
    pub(crate) async fn open(
        path: PathBuf,
        faults: DiskFaults,
        settle: Settle,
    ) -> Result<(Self, Vec<(Row, Record)>), StoreError> {
        let (disk, contents) = open(&path, &faults).await?;
        let (ended, _) = watch::channel(false);
        let shared = Arc::new(Shared { work: Mutex::default(), wake: Condvar::new(), ended });
        let mut room = Room::default();
        room.add(contents.sizes);
        let writer = Writer { shared: Arc::clone(&shared), disk, settle, next: contents.next, room };
        let thread = std::thread::Builder::new().name("edge-store".to_owned());
        thread
            .spawn(move || writer.run())
            .map_err(|error| StoreError::Io { path: path.clone(), source: Arc::new(error) })?;
        let kept = contents.records.iter().map(|(row, _)| *row).collect();
        let rows = Mutex::new(Rows { next: contents.next, kept });
        let set = Mutex::new(Set { before: None, known: contents.set_by });
        let untold = Mutex::new(contents.untold);
        Ok((Self { path, shared, rows, set, untold }, contents.records))
    }

    /// What a look at the clock shows, with all by which it was set in all lives; the file is told when that is news. Returns
    /// at once.
    pub(super) fn lasting(&self, look: impl FnOnce() -> Lasting) -> Lasting {
        let mut set = lock(&self.set);
        // Behind the lock: who is overtaken while waiting for it would tell the file what was known before.
        let looked = look();
        let now = looked.set_by;
        let known = SignedDuration::from_millis(set.known);
        // What was seen of it in this life before the file was opened says nothing of what is in there.
        let before = *set.before.get_or_insert(known.saturating_sub(now));
        let set_by = before.saturating_add(now);
        if milliseconds(set_by) != set.known {
            set.known = milliseconds(set_by);
            self.shared.lock().set_by = Some(set.known);
            self.shared.wake.notify_one();
        }
        Lasting { set_by, ..looked }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        lock(&self.rows)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The next row.
    pub(super) fn take_row(&self) -> Row {
        let mut rows = self.rows();
        let row = rows.next;
        rows.next += 1;
        rows.kept.insert(row);
        row
    }

    /// Whether there ever was such a row.
    pub(super) fn knows(&self, row: Row) -> bool {
        row < self.rows().next
    }

    /// The lowest row that is to be kept.
    pub(super) fn lowest(&self) -> Row {
        let rows = self.rows();
        rows.kept.first().copied().unwrap_or(rows.next)
    }

    /// Has a transaction written. Returns at once.
    pub(super) fn write(&self, unit: Unit) {
        self.shared.lock().units.push(unit);
        self.shared.wake.notify_one();
    }

    /// These need not be kept any longer. Returns at once.
    pub(super) fn delete(&self, rows: Vec<Row>) {
        let mut known = self.rows();
        for row in &rows {
            known.kept.remove(row);
        }
        drop(known);
        self.shared.lock().done.extend(rows);
        self.shared.wake.notify_one();
    }

    /// So many more states of an asset were dropped than messages have told of, or so many less. Returns at once.
    pub(super) fn owe(&self, device: &str, asset: &str, more: i64) {
        let mut untold = lock(&self.untold);
        let key = (device.to_owned(), asset.to_owned());
        let known = untold.get(&key).copied().unwrap_or_default();
        let count = known.saturating_add_signed(more);
        if count == known {
            return;
        }
        if count > 0 {
            untold.insert(key.clone(), count);
        } else {
            untold.remove(&key);
        }
        self.shared.lock().untold.insert(key, count);
        self.shared.wake.notify_one();
    }

    /// How many states of a device were dropped of which no message has told, by asset.
    pub(super) fn untold_of(&self, device: &str) -> Vec<(String, u64)> {
        let untold = lock(&self.untold);
        let of_device = untold.iter().filter(|((of, _), _)| of == device);
        of_device.map(|((_, asset), count)| (asset.clone(), *count)).collect()
    }

    /// Writes what there is and lets the file go, soon.
    pub(super) fn end(&self) {
        self.shared.lock().closing = true;
        self.shared.wake.notify_one();
    }

    /// Writes what there is, and lets the file go. Nothing may be written after that. Cancel safe: it goes on.
    pub(super) async fn close(&self) {
        self.end();
        let _ = self.shared.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

/// Opens a file, on a thread where one may wait. Whoever has it may be about to let it go.
async fn open(path: &Path, faults: &DiskFaults) -> Result<(Disk, Contents), StoreError> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let (place, faults) = (path.to_owned(), faults.clone());
        let opened = tokio::task::spawn_blocking(move || Disk::open(&place, faults)).await;
        match opened.unwrap_or_else(|_| Err(StoreError::InUse { path: path.to_owned() })) {
            Err(StoreError::InUse { .. }) if Instant::now() < give_up => tokio::time::sleep(GATHER).await,
            result => return result,
        }
    }
}

pub(super) fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(if duration.is_negative() { i64::MIN } else { i64::MAX })
}

/// The bytes of a stored record.
pub(super) fn encode(row: Row, lowest: Row, record: &Record) -> Vec<u8> {
    record::write(row, lowest, record)
}

/// The thread that writes.
struct Writer {
    shared: Arc<Shared>,
    disk: Disk,
    settle: Settle,
    next: Row,
    room: Room,
}

impl Writer {
    fn run(mut self) {
        let _ = self.disk.reserve();
        let mut owed = Vec::new();
        loop {
            let Work { units, done, set_by, untold, closing } = self.shared.next();
            owed.extend(done);
            set_by.into_iter().for_each(|set_by| self.disk.set_by(set_by));
            self.disk.untold(untold);
            let again = self.write(units, &mut owed);
            if !again.is_empty() {
                owed.append(&mut self.shared.lock().done);
                self.write(again, &mut owed);
            }
            if closing {
                break;
            }
        }
        let Self { shared, disk, .. } = self;
        // First the file, then the news of it.
        drop(disk);
        shared.ended.send_replace(true);
    }

    /// Deletes and writes, together if the disk has room for it.
    fn commit(&mut self, records: &[(Row, &[u8])], done: &[Row]) -> Result<(), StoreError> {
        let sizes = || records.iter().map(|(row, bytes)| (*row, bytes.len()));
        let added = sizes().map(|(_, bytes)| bytes).sum();
        if self.room.is_beyond(added) {
            self.delete(done)?;
        }
        if self.room.is_beyond(added) && self.disk.reserve().is_ok() {
            self.room.unlimit();
        }
        if self.room.is_beyond(added) {
            return Err(self.disk.full());
        }
        let result = self.disk.commit(records, done, self.next);
        match &result {
            Ok(()) => {
                self.room.add(sizes());
                self.room.remove(done);
            }
            Err(StoreError::Full { .. }) => {
                self.room.limit();
                self.disk.release();
            }
            Err(_) => {}
        }
        result
    }

    fn delete(&mut self, done: &[Row]) -> Result<(), StoreError> {
        self.disk.commit(&[], done, self.next)?;
        self.room.remove(done);
        Ok(())
    }

    /// What could not be deleted is owed, until there is something else to do.
    /// Returns what is to be tried once more.
    fn write(&mut self, units: Vec<Unit>, owed: &mut Vec<Row>) -> Vec<Unit> {
        let records = units.iter().flat_map(|unit| &unit.records);
        let records: Vec<_> = records.map(|(row, bytes)| (*row, &bytes[..])).collect();
        if records.is_empty() && owed.is_empty() && !self.disk.has_news() {
            return Vec::new();
        }
        self.next = records.iter().map(|(row, _)| row + 1).fold(self.next, Row::max);
        let result = self.commit(&records, owed).map_err(Arc::new);
        match &result {
            Ok(()) => owed.clear(),
            Err(error) => tracing::error!(
                error = crate::cause::chain(error),
                transactions = units.len(),
                deletions = owed.len(),
                "not stored"
            ),
        }
        let mut again = Vec::new();
        for unit in units {
            let rows: Vec<Row> = unit.records.iter().map(|(row, _)| *row).collect();
            // A panic there is a bug of ours; the others must hear of theirs all the same.
            let settled = catch_unwind(AssertUnwindSafe(|| (self.settle)(unit, result.clone())));
            match settled.ok().flatten() {
                Some(unit) => again.push(unit),
                // Whatever of it has reached the disk: nobody was told that it is stored.
                None if result.is_err() => owed.extend(rows),
                None => {}
            }
        }
        again
    }
}
