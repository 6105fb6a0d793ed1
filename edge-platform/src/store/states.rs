//! The newest state of each asset: many at once, in one transaction.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use edge_proto::Profile;
use edge_proto::payload::{Location, Stamp};
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::{Store, StoreError, StoredState, batch, history, row};

/// A state that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) device: String,
    pub(crate) asset: String,
    pub(crate) at: Timestamp,
    pub(crate) value: Box<RawValue>,
    pub(crate) location: Option<Location>,
    pub(crate) stamp: Option<Stamp>,
    /// It is also for the history when it is not the newest.
    pub(crate) is_historical: bool,
    /// How many states of the asset the device has dropped before it.
    pub(crate) dropped: u64,
    /// The device did not believe the clock that `at` was taken from.
    pub(crate) unsynced: bool,
}

/// What became of a state.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It is its asset's newest.
    Stored(StoredState),
    /// A newer one was there already.
    Stale,
    /// It does not belong into the store; why.
    Refused(String),
}

impl From<&Reading> for StoredState {
    fn from(reading: &Reading) -> Self {
        let Reading { at, unsynced, value, location, stamp, .. } = reading;
        let (at, value) = (row::kept(*at), value.clone());
        Self { at, unsynced: *unsynced, value, location: *location, stamp: *stamp }
    }
}

/// What states of an asset are checked against.
#[derive(Debug)]
pub(super) struct Known {
    id: String,
    profile: Profile,
}

/// `None`: not registered.
pub(super) type Registration = Option<Arc<Known>>;

/// Session and number as the tables hold them.
type Place = (i64, i64);

/// A state that fits its asset.
#[derive(Debug)]
struct Fitting<'a> {
    asset_id: &'a str,
    reading: Cow<'a, Reading>,
    stamp: Option<Place>,
}

/// ... or why it does not.
type Fit<'a> = Result<Fitting<'a>, String>;

/// What a refused state means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Each,
    AllOrNone,
}

/// A state that is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted<'a> {
    pub(super) asset_id: &'a str,
    pub(super) reading: &'a Reading,
    pub(super) stamp: Option<Place>,
    /// Else it is for the history only.
    pub(super) is_newest: bool,
}

/// A stamp newer than every stamp before wins. A state without a stamp wins by arriving, and leaves the
/// stamp: what was sent before it and arrives again must not undo it.
///
/// That is decided before, with what the table holds then; here it is decided again for another platform
/// that has written in between.
const UPSERT: &str = " ON CONFLICT (asset_id) DO UPDATE SET value = excluded.value, at = excluded.at, \
    location = excluded.location, unsynced = excluded.unsynced, \
    session = COALESCE(excluded.session, states.session), seq = COALESCE(excluded.seq, states.seq) \
    WHERE excluded.session IS NULL OR states.session IS NULL OR excluded.session > states.session \
    OR (excluded.session = states.session AND excluded.seq > states.seq)";

impl Store {
    /// Keeps what is newer than what is there, and says of each reading what became of it. When this
    /// returns, what was stored is committed.
    pub(crate) async fn ingest(&self, readings: &[Reading]) -> Result<Vec<Verdict>, StoreError> {
        self.ingest_by(Rule::Each, readings).await
    }

    /// As [`ingest`](Self::ingest), but nothing is stored when one of the readings is refused; the others
    /// then are as good as stale.
    pub(crate) async fn ingest_all(&self, readings: &[Reading]) -> Result<Vec<Verdict>, StoreError> {
        self.ingest_by(Rule::AllOrNone, readings).await
    }

    async fn ingest_by(&self, rule: Rule, readings: &[Reading]) -> Result<Vec<Verdict>, StoreError> {
        let done = self.try_ingest(rule, readings).await;
        if done.is_err() {
            // Perhaps because another platform has deleted what we remember.
            self.profiles.forget();
        }
        done
    }

    async fn try_ingest(&self, rule: Rule, readings: &[Reading]) -> Result<Vec<Verdict>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        // After the beginning: with one connection, as for SQLite, no change is made meanwhile.
        let registered = self.registered(&mut transaction, readings).await?;
        let fits: Vec<Fit<'_>> =
            readings.iter().zip(&registered).map(|(reading, known)| fit(reading, known)).collect();
        if rule == Rule::AllOrNone && fits.iter().any(Result::is_err) {
            let refused = |fit: Fit<'_>| fit.err().map_or(Verdict::Stale, Verdict::Refused);
            return Ok(fits.into_iter().map(refused).collect());
        }
        let mut assets = newest(&mut transaction, &fits).await?;
        let mut kept = Vec::with_capacity(readings.len());
        let judged = fits.iter().map(|fit| {
            let Fitting { asset_id, reading, stamp } = match fit {
                Ok(fitting) => fitting,
                Err(reason) => return Verdict::Refused(reason.clone()),
            };
            let is_newest = assets.entry(asset_id).or_default().take(reading, *stamp);
            if is_newest || reading.is_historical {
                kept.push(Accepted { asset_id, reading, stamp: *stamp, is_newest });
            }
            if is_newest { Verdict::Stored((&**reading).into()) } else { Verdict::Stale }
        });
        let verdicts = judged.collect();
        upsert(&mut transaction, &assets).await?;
        history::keep(&mut transaction, &self.history, &kept).await?;
        transaction.commit().await?;
        Ok(verdicts)
    }

    /// What is registered for each reading, remembered or read.
    async fn registered(
        &self,
        connection: &mut AnyConnection,
        readings: &[Reading],
    ) -> Result<Vec<Registration>, StoreError> {
        let now = Instant::now();
        let mut found = Vec::with_capacity(readings.len());
        let mut missing = BTreeMap::new();
        for reading in readings {
            let key = key(&reading.device, &reading.asset);
            let known = self.profiles.get(&key, now);
            found.push(known.as_ref().ok().cloned());
            if let Err(unknown) = known {
                missing.insert(key, (reading, unknown));
            }
        }
        let read = read(connection, missing.values().map(|(reading, _)| *reading)).await?;
        for (key, (_, unknown)) in &missing {
            self.profiles.put(key, read.get(key).cloned(), *unknown, now);
        }
        let filled = readings.iter().zip(found).map(|(reading, found)| {
            found.unwrap_or_else(|| read.get(&key(&reading.device, &reading.asset)).cloned())
        });
        Ok(filled.collect())
    }
}

/// Names have no slashes.
fn key(device: &str, asset: &str) -> String {
    [device, "/", asset].concat()
}

/// What is registered of these, by key.
async fn read(
    connection: &mut AnyConnection,
    readings: impl Iterator<Item = &Reading>,
) -> Result<HashMap<String, Arc<Known>>, StoreError> {
    let names: Vec<_> = readings
        .map(|reading| (&reading.device, &reading.asset, reading.asset.to_ascii_lowercase()))
        .collect();
    let mut read = HashMap::with_capacity(names.len());
    for names in batch::chunks(&names) {
        let text = [
            "SELECT d.sn, a.name, a.id, a.profile FROM (VALUES ",
            &batch::rows(names.len(), 3),
            ") AS v JOIN devices d ON d.sn = v.column1 \
             JOIN assets a ON a.device_id = d.id AND a.name_lower = v.column3 AND a.name = v.column2",
        ];
        let query = sqlx::query(AssertSqlSafe(text.concat()));
        let query = names
            .iter()
            .fold(query, |query, (device, asset, lower)| query.bind(*device).bind(*asset).bind(lower));
        for row in &query.fetch_all(&mut *connection).await? {
            let profile: String = row.try_get("profile")?;
            let profile = serde_json::from_str(&profile).map_err(StoreError::corrupt("profile"))?;
            let known = Known { id: row.try_get("id")?, profile };
            read.insert(key(row.try_get("sn")?, row.try_get("name")?), Arc::new(known));
        }
    }
    Ok(read)
}

fn fit<'a>(reading: &'a Reading, known: &'a Registration) -> Fit<'a> {
    let known = known.as_ref().ok_or("the device or the asset is not registered")?;
    let (reading, stamp) = check(&known.profile, reading)?;
    Ok(Fitting { asset_id: &known.id, reading, stamp })
}

/// The reading as it is to be kept, with its stamp, when it fits.
fn check<'a>(profile: &Profile, reading: &'a Reading) -> Result<(Cow<'a, Reading>, Option<Place>), String> {
    let text = |error: serde_json::Error| error.to_string();
    let mut value = serde_json::from_str(reading.value.get()).map_err(text)?;
    let mut kept = Cow::Borrowed(reading);
    // Who numbers its states writes values as they are.
    if let Some(coerced) = profile.coerce(&value).filter(|_| reading.stamp.is_none()) {
        kept.to_mut().value = to_raw_value(&coerced).map_err(text)?;
        value = coerced;
    }
    profile.check(&value).map_err(|refusal| refusal.to_string())?;
    let signed = |count| i64::try_from(count).map_err(|_| "session or number is too large".to_owned());
    let stamp: Result<_, String> =
        reading.stamp.map(|stamp| Ok((signed(stamp.session)?, signed(stamp.seq)?))).transpose();
    Ok((kept, stamp?))
}

/// An asset of a batch.
#[derive(Debug, Default)]
struct Newest<'a> {
    /// The newest stamp of all.
    stamp: Option<Place>,
    /// The newest stamp of this batch, if it is the newest of all.
    new_stamp: Option<Place>,
    /// The state that wins.
    state: Option<&'a Reading>,
}

impl<'a> Newest<'a> {
    /// Whether the state wins over what was there until now.
    fn take(&mut self, reading: &'a Reading, stamp: Option<Place>) -> bool {
        // With a stamp it must be newer than any; `None` is less than all.
        let wins = stamp.is_none() || stamp > self.stamp;
        if wins {
            self.stamp = stamp.or(self.stamp);
            self.new_stamp = stamp.or(self.new_stamp);
            self.state = Some(reading);
        }
        wins
    }
}

/// By id: so two platforms never wait for each other's rows.
type Assets<'a> = BTreeMap<&'a str, Newest<'a>>;

/// The assets of these states, with the stamps that the table has.
async fn newest<'a>(connection: &mut AnyConnection, fits: &[Fit<'a>]) -> Result<Assets<'a>, StoreError> {
    let mut assets = Assets::new();
    let mut stamped = BTreeSet::new();
    for Fitting { asset_id, stamp, .. } in fits.iter().flatten() {
        assets.entry(*asset_id).or_default();
        // The others win in any case.
        stamped.extend(stamp.map(|_| *asset_id));
    }
    let stamped: Vec<&str> = stamped.into_iter().collect();
    for ids in batch::chunks(&stamped) {
        const SELECT: &str = "SELECT asset_id, session, seq FROM states WHERE asset_id IN (";
        let text = [SELECT, &batch::list(ids.len()), ")"].concat();
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, id| query.bind(*id));
        for row in &query.fetch_all(&mut *connection).await? {
            let stamp = Option::zip(row.try_get("session")?, row.try_get("seq")?);
            if let Some(asset) = assets.get_mut(row.try_get::<&str, _>("asset_id")?) {
                asset.stamp = stamp;
            }
        }
    }
    Ok(assets)
}

async fn upsert(connection: &mut AnyConnection, assets: &Assets<'_>) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO states (asset_id, value, at, session, seq, location, unsynced) VALUES ";
    const COLUMNS: usize = 7;
    let states: Vec<_> =
        assets.iter().filter_map(|(id, asset)| Some((*id, asset.state?, asset.new_stamp))).collect();
    for states in batch::chunks(&states) {
        let text = [INSERT, &batch::rows(states.len(), COLUMNS), UPSERT].concat();
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (id, reading, stamp) in states {
            query = query
                .bind(*id)
                .bind(reading.value.get())
                .bind(reading.at.as_microsecond())
                .bind(stamp.map(|(session, _)| session))
                .bind(stamp.map(|(_, seq)| seq))
                .bind(row::location_text(reading.location))
                .bind(i64::from(reading.unsynced));
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
