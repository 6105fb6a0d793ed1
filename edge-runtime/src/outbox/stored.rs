//! What the outbox has with its store: what is written there, what was found there, and what is kept for a device's
//! next life.

use std::ops::Range;
use std::sync::Arc;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::entry::Rest;
use super::queue::Queue;
use super::record::{body, record};
use super::store::{self, Record, Row, Store, StoreError, Unit};
use super::{Body, Entry, Fate, Outbox};
use crate::clock::{self, Lasting, Moment};
use crate::failures::ErrorCause;
use crate::link::Token;
use crate::lock::lock;
use crate::model::AssetModel;
use crate::origin::Origin;

impl Outbox {
    /// From now on what is to be stored is. Of what was in the store, each device gets its own when it comes.
    pub(crate) fn use_store(&self, store: Store, found: Vec<(Row, Record)>) {
        let mut parked = lock(&self.parked);
        for (row, record) in found {
            parked.entry(record.device.clone()).or_default().push((row, record));
        }
        for (device, records) in &*parked {
            let states = records.len();
            tracing::info!(device, states, path = %store.path().display(), "found in the store");
        }
        let _ = self.store.set(store);
        self.lasting();
    }

    /// The time, for what is stored: with all by which the clock was seen to be set since there is the store, which is told
    /// when that is news.
    pub(crate) fn lasting(&self) -> Lasting {
        let look = || self.clock.look();
        self.store.get().map_or_else(look, |store| store.lasting(look))
    }

    /// Gives a device what it had in the store when it ended. Returns the greatest number of a transaction among
    /// them that was in no session: the device's new ones come after it.
    pub(crate) fn adopt(&self, origin: &Arc<Origin>) -> u64 {
        self.owe_again(origin);
        let Some(records) = lock(&self.parked).remove(origin.id.as_str()) else { return 0 };
        let (now, wall) = (Instant::now(), self.lasting());
        let mut last = 0;
        for (row, record) in records {
            if record.session == 0 {
                last = last.max(record.seq);
            }
            let accepted = Lasting {
                moment: Moment { at: record.accepted, is_unsynced: record.doubtful },
                set_by: SignedDuration::from_millis(record.set_by),
            };
            let age = clock::age(wall, accepted);
            let since = now.checked_sub(age).unwrap_or(now);
            let mut entry = Entry::new(origin, body(origin, record));
            let fate = Some(Arc::default());
            *entry.rest_mut() = Rest { since: Some(since), fate, row: Some(row) };
            self.change(|queue| {
                if queue.push(entry, self.capacity, None, || now).is_none() {
                    queue.effects.done.push(row);
                }
                queue.is_news = true;
            });
        }
        self.expiring.notify_one();
        last
    }

    /// What an earlier life of a device has dropped, and not told, the next message tells.
    fn owe_again(&self, origin: &Arc<Origin>) {
        let Some(store) = self.store.get() else { return };
        for (name, count) in store.untold_of(origin.id.as_str()) {
            let may_tell = |asset: &AssetModel| asset.name == name && asset.rules.can_drop();
            match origin.model.assets.iter().position(may_tell) {
                Some(asset) => self.change(|queue| queue.owe(origin, asset, count)),
                // Of an asset that there is no longer, or of which nothing is dropped any more, no message tells it.
                None => store.owe(origin.id.as_str(), &name, i64::MIN),
            }
        }
    }

    /// The entries that wait of what was stored in these rows, in this life or an earlier one, and what has
    /// become of it; `None` when there never were such rows.
    pub(crate) fn waiting(&self, rows: Range<Row>) -> Option<(Vec<Token>, Option<Arc<Fate>>)> {
        self.store.get().filter(|store| store.knows(rows.end.saturating_sub(1)))?;
        let queue = self.lock();
        let entries = queue.of_rows(&rows);
        let fate = entries.first().and_then(|number| queue.entry(*number)?.fate().cloned());
        Some((entries, fate))
    }

    /// A transaction was stored, or will never be. `tell` is told of each device's. Returns it when there is room for
    /// it now, and it is to be tried once more.
    pub(crate) fn settle(
        &self,
        unit: Unit,
        result: Result<(), Arc<StoreError>>,
        tell: impl Fn(&Arc<Origin>, u64, bool),
    ) -> Option<Unit> {
        let is_full = result.as_ref().is_err_and(|error| matches!(**error, StoreError::Full { .. }));
        if is_full && self.make_room_on_disk(&unit) {
            return Some(unit.again());
        }
        let is_stored = result.is_ok();
        self.change(|queue| {
            // What has waited longer does not wait for this.
            let held = unit.origins.iter().map(|(origin, _)| origin.held_from());
            let first = held.chain([unit.numbers.start]).min().unwrap_or_default();
            match &result {
                Ok(()) => self.stored(queue, &unit),
                Err(error) => self.unstored(queue, &unit, error),
            }
            queue.release_from(first);
        });
        unit.origins.iter().for_each(|(origin, seq)| tell(origin, *seq, is_stored));
        unit.fate.settle(result);
        None
    }

    fn stored(&self, queue: &mut Queue, unit: &Unit) {
        queue.stored(unit.numbers.clone());
        // What was dropped meanwhile may have been deleted before it was written. What is gone because its device
        // was closed is kept for the device's next life.
        let rows = unit.records.iter().map(|(row, _)| *row).zip(unit.numbers.clone());
        let gone = rows.filter(|(_, number)| !queue.contains(*number)).map(|(row, _)| row);
        let gone: Vec<_> = gone.filter(|row| !queue.has_row(*row) && !self.is_parked(unit, *row)).collect();
        queue.effects.done.extend(gone);
    }

    fn unstored(&self, queue: &mut Queue, unit: &Unit, error: &Arc<StoreError>) {
        for number in unit.numbers.clone() {
            queue.fail(number, ErrorCause::Store(Arc::clone(error)));
            queue.withdraw(number);
        }
        let rows: Vec<Row> = unit.records.iter().map(|(row, _)| *row).collect();
        let mut parked = lock(&self.parked);
        for (origin, _) in &unit.origins {
            if let Some(records) = parked.get_mut(origin.id.as_str()) {
                records.retain(|(row, _)| !rows.contains(row));
            }
        }
    }

    fn is_parked(&self, unit: &Unit, row: Row) -> bool {
        let parked = lock(&self.parked);
        let mut records =
            unit.origins.iter().filter_map(|(origin, _)| parked.get(origin.id.as_str())).flatten();
        records.any(|(parked, _)| *parked == row)
    }

    /// Where the assets of a transaction say that the oldest may go: some of those that are stored. False when that
    /// has been tried, or there are none.
    fn make_room_on_disk(&self, unit: &Unit) -> bool {
        unit.is_first && self.change(|queue| queue.drop_stored(unit.numbers.clone()))
    }

    /// Lets the store's file go, after all that is to be written. Cancel safe.
    pub(crate) async fn close_store(&self) {
        if let Some(store) = self.store.get() {
            store.close().await;
        }
    }

    /// Lets the store's file go as soon as may be.
    pub(crate) fn end_store(&self) {
        self.store.get().into_iter().for_each(Store::end);
    }

    /// Lets all entries of a device go, unsent and unacknowledged; what is stored stays in the store. Returns how
    /// many states and outcomes are lost.
    pub(crate) fn forget(&self, origin: &Arc<Origin>) -> usize {
        self.change(|queue| {
            let taken = queue.take_all(origin);
            self.mark_trial(queue);
            queue.is_news |= !taken.is_empty();
            // They are for its next life.
            queue.effects.done.clear();
            queue.forget(taken.iter().map(|(number, _)| *number));
            self.park(&taken);
            let is_lost = |entry: &Entry| entry.row().is_none() && !matches!(entry.body, Body::Presence(_));
            let lost = taken.iter().map(|(_, entry)| entry).filter(|entry| is_lost(entry));
            lost.map(|entry| queue.effects.fail(entry, ErrorCause::Closed)).count()
        })
    }

    /// Lets all entries of a device go, and what is stored of it: the device is no more.
    pub(crate) fn purge(&self, origin: &Arc<Origin>) -> usize {
        let lost = self.forget(origin);
        let rows: Vec<Row> =
            lock(&self.parked).remove(origin.id.as_str()).into_iter().flatten().map(|(row, _)| row).collect();
        if let Some(store) = self.store.get() {
            store.delete(rows);
            for (asset, _) in store.untold_of(origin.id.as_str()) {
                store.owe(origin.id.as_str(), &asset, i64::MIN);
            }
        }
        lost
    }

    /// Keeps what is stored of a device until the device comes again.
    fn park(&self, entries: &[(Token, Entry)]) {
        let now = self.lasting();
        for (_, entry) in entries {
            let age = entry.since().map(|since| since.elapsed()).unwrap_or_default();
            let at = now.moment.at.checked_sub(age).unwrap_or(now.moment.at);
            let accepted = Lasting { moment: Moment { at, ..now.moment }, ..now };
            if let (Some(row), Some(record)) = (entry.row(), record(entry, accepted)) {
                lock(&self.parked).entry(record.device.clone()).or_default().push((row, record));
            }
        }
    }
}

/// What is whole in the bytes of a store.
pub(crate) fn salvage(bytes: &[u8]) -> Vec<(Row, String, u64)> {
    let records = store::salvage(bytes).into_iter();
    records.map(|(row, record)| (row, record.device, record.seq)).collect()
}

/// Has the store write what has come in of a transaction, now. Returns the rows. `parts`: devices that hear what has become of
/// it, whether or not something of theirs has come in.
pub(super) fn write(
    (store, accepted): (&Store, Lasting),
    queue: &Queue,
    numbers: Range<Token>,
    fate: &Arc<Fate>,
    parts: Vec<(Arc<Origin>, u64)>,
) -> Range<Row> {
    let lowest = store.lowest();
    let (mut records, mut origins) = (Vec::new(), Vec::<(Arc<Origin>, u64)>::new());
    for entry in numbers.clone().filter_map(|number| queue.entry(number)) {
        let (Some(row), Some(record)) = (entry.row(), record(entry, accepted)) else { continue };
        if origins.last().is_none_or(|(origin, _)| !Arc::ptr_eq(origin, &entry.origin)) {
            origins.push((Arc::clone(&entry.origin), record.seq));
        }
        records.push((row, record));
    }
    for part in parts {
        if !origins.iter().any(|(origin, _)| Arc::ptr_eq(origin, &part.0)) {
            origins.push(part);
        }
    }
    let first = records.first().map_or(0, |(row, _)| *row);
    let rows = first..first + records.len() as u64;
    let part_of = (records.len() > 1).then_some((first, records.len() as u64));
    let encode = |(row, record)| (row, store::encode(row, lowest, &Record { part_of, ..record }));
    let records = records.into_iter().map(encode).collect();
    store.write(Unit { records, numbers, fate: Arc::clone(fate), origins, is_first: true });
    rows
}
