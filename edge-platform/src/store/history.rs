//! What the states of an asset were: written with the states, trimmed now and then, read in pages.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::states::Accepted;
use super::{Store, StoreError, StoredState, batch, row};

/// How many states a page has.
pub(super) const PAGE: usize = 100;

/// Of how many assets it is known how much came since they were trimmed.
const CAPACITY: usize = 64 * 1024;

/// How much is kept, and what has come. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// 0: nothing is kept.
    per_asset: u64,
    growth: Arc<Growth>,
    rows: Arc<Rows>,
}

/// Rows that were written and deleted since the start.
#[derive(Debug, Default)]
struct Rows {
    written: AtomicU64,
    trimmed: AtomicU64,
}

/// What came since an asset was trimmed. What is not known, such as after a start, is taken for any number
/// below the limit: so a platform that is started again and again trims as often as any other.
#[derive(Debug, Default)]
struct Growth {
    by_asset: Mutex<HashMap<String, u64>>,
    any: RandomState,
    /// The last state's place.
    arrived: AtomicI64,
}

/// Which part of an asset's history is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    /// The first time.
    pub(crate) from: Option<Timestamp>,
    /// The last time.
    pub(crate) to: Option<Timestamp>,
    /// Which page, from 0.
    pub(crate) page: u32,
}

impl History {
    pub(super) fn new(per_asset: u64) -> Self {
        Self { per_asset, ..Self::default() }
    }

    /// How many more than are kept may be there: a tenth, so that trimming is seldom.
    fn slack(&self) -> u64 {
        (self.per_asset / 10).max(1)
    }

    /// The ids of those that have grown by too much.
    fn grown<'a>(&self, states: &[Accepted<'a>]) -> HashSet<&'a str> {
        states.iter().map(|state| state.asset_id).filter(|id| self.has_grown(id)).collect()
    }

    /// Counts one more, and says whether that is too much.
    pub(super) fn has_grown(&self, id: &str) -> bool {
        let slack = self.slack();
        let mut by_asset = self.growth.lock();
        if by_asset.len() >= CAPACITY {
            by_asset.clear();
        }
        let Some(count) = by_asset.get_mut(id) else {
            by_asset.insert(id.to_owned(), self.growth.any.hash_one(id) % slack + 1);
            return false;
        };
        *count += 1;
        let has_grown = *count > slack;
        if has_grown {
            *count = 0;
        }
        has_grown
    }

    /// How many are kept.
    pub(super) fn kept(&self) -> u64 {
        self.per_asset
    }

    /// A place behind all that were given before.
    pub(super) fn place(&self) -> i64 {
        self.growth.places(1).next().unwrap_or_default()
    }
}

impl Growth {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        // A map that a panic left behind is still a map.
        self.by_asset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Places for so many states, behind all that were given before.
    fn places(&self, count: usize) -> impl Iterator<Item = i64> + use<> {
        let count = count as i64;
        let now = Timestamp::now().as_microsecond();
        let next = |last: i64| Some(last.max(now) + count);
        let last = self.arrived.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let first = last.unwrap_or_else(|last| last).max(now) + 1;
        first..first + count
    }
}

const INSERT: &str = "INSERT INTO history (asset_id, at, arrived, value, session, seq, location, unsynced) ";

const COLUMNS: usize = 8;

/// What is sent again is not kept twice.
const UNLESS_THERE: &str = " AS v WHERE NOT EXISTS (SELECT 1 FROM history h WHERE h.asset_id = v.column1 \
    AND h.at = v.column2 AND h.session = v.column5 AND h.seq = v.column6)";

/// The newest stay.
const TRIM: &str = "DELETE FROM history WHERE asset_id = $1 AND (at, arrived) < \
    (SELECT at, arrived FROM history WHERE asset_id = $1 ORDER BY at DESC, arrived DESC LIMIT 1 OFFSET $2)";

const SELECT: &str = "SELECT value, at, session, seq, location, unsynced FROM history \
    WHERE asset_id = $1 AND at >= $2 AND at <= $3 ORDER BY at DESC, arrived DESC LIMIT $4 OFFSET $5";

/// Keeps states, in the transaction of its caller.
pub(super) async fn keep(
    connection: &mut AnyConnection,
    history: &History,
    states: &[Accepted<'_>],
) -> Result<(), StoreError> {
    if history.per_asset == 0 {
        return Ok(());
    }
    let (newest, late): (Vec<_>, Vec<_>) = states.iter().copied().partition(|state| state.is_newest);
    insert(connection, history, &newest, |rows| [INSERT, "VALUES ", rows].concat()).await?;
    let mut seen = HashSet::new();
    let late: Vec<_> = late.into_iter().filter(|state| seen.insert((state.asset_id, state.stamp))).collect();
    let unless_there = |rows: &str| [INSERT, "SELECT * FROM (VALUES ", rows, ")", UNLESS_THERE].concat();
    insert(connection, history, &late, unless_there).await?;
    for id in history.grown(states) {
        let keep = i64::try_from(history.per_asset - 1).unwrap_or(i64::MAX);
        let done = sqlx::query(TRIM).bind(id).bind(keep).execute(&mut *connection).await?;
        history.rows.trimmed.fetch_add(done.rows_affected(), Ordering::Relaxed);
    }
    Ok(())
}

async fn insert(
    connection: &mut AnyConnection,
    history: &History,
    states: &[Accepted<'_>],
    text: impl Fn(&str) -> String,
) -> Result<(), StoreError> {
    let mut places = history.growth.places(states.len());
    for states in batch::chunks(states) {
        let text = text(&batch::rows(states.len(), COLUMNS));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (state, place) in states.iter().zip(&mut places) {
            query = query
                .bind(state.asset_id)
                .bind(state.reading.at.as_microsecond())
                .bind(place)
                .bind(state.reading.value.get())
                .bind(state.stamp.map(|(session, _)| session))
                .bind(state.stamp.map(|(_, seq)| seq))
                .bind(row::location_text(state.reading.location))
                .bind(i64::from(state.reading.unsynced));
        }
        let done = query.execute(&mut *connection).await?;
        history.rows.written.fetch_add(done.rows_affected(), Ordering::Relaxed);
    }
    Ok(())
}

impl Store {
    /// How many rows were written to the history since the start, and how many were deleted to trim it.
    pub(crate) fn history_rows(&self) -> (u64, u64) {
        let Rows { written, trimmed } = &*self.history.rows;
        (written.load(Ordering::Relaxed), trimmed.load(Ordering::Relaxed))
    }

    /// A page of what an asset's states were, the newest first.
    pub(crate) async fn history(&self, asset_id: &str, span: Span) -> Result<Vec<StoredState>, StoreError> {
        let query = sqlx::query(SELECT)
            .bind(asset_id)
            .bind(span.from.map_or(i64::MIN, Timestamp::as_microsecond))
            .bind(span.to.map_or(i64::MAX, Timestamp::as_microsecond))
            .bind(PAGE as i64)
            .bind(i64::from(span.page) * PAGE as i64);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().filter_map(|row| row::state(row).transpose()).collect()
    }
}
