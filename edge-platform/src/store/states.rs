//! The newest state of each asset: many at once, in one transaction.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use edge_proto::Profile;
use edge_proto::payload::Stamp;
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use sqlx::{AnyConnection, Row as _};

use super::{Store, StoreError, StoredState};

/// A state that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) device: String,
    pub(crate) asset: String,
    pub(crate) at: Timestamp,
    pub(crate) value: Box<RawValue>,
    pub(crate) stamp: Option<Stamp>,
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

/// The profiles that one batch needs, by device and asset; `None`: not registered.
type Profiles = HashMap<(String, String), Option<(String, Profile)>>;

/// A stamp newer than every stamp before wins. A state without a stamp wins by arriving, and leaves the
/// stamp: what was sent before it and arrives again must not undo it.
const UPSERT: &str = "INSERT INTO states (asset_id, value, at, session, seq) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (asset_id) DO UPDATE SET value = excluded.value, at = excluded.at, \
    session = COALESCE(excluded.session, states.session), seq = COALESCE(excluded.seq, states.seq) \
    WHERE excluded.session IS NULL OR states.session IS NULL OR excluded.session > states.session \
    OR (excluded.session = states.session AND excluded.seq > states.seq)";

impl Store {
    /// Keeps what is newer than what is there, and says of each reading what became of it. When this
    /// returns, what was stored is committed.
    pub(crate) async fn ingest(&self, readings: &[Reading]) -> Result<Vec<Verdict>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let verdicts = judge_all(&mut transaction, readings).await?;
        transaction.commit().await?;
        Ok(verdicts)
    }

    /// As [`ingest`](Self::ingest), but nothing is stored when one of the readings is refused.
    pub(crate) async fn ingest_all(&self, readings: &[Reading]) -> Result<Vec<Verdict>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let verdicts = judge_all(&mut transaction, readings).await?;
        match verdicts.iter().any(|verdict| matches!(verdict, Verdict::Refused(_))) {
            true => transaction.rollback().await?,
            false => transaction.commit().await?,
        }
        Ok(verdicts)
    }
}

async fn judge_all(connection: &mut AnyConnection, readings: &[Reading]) -> Result<Vec<Verdict>, StoreError> {
    let mut profiles = Profiles::new();
    let mut verdicts = Vec::with_capacity(readings.len());
    for reading in readings {
        verdicts.push(judge(connection, &mut profiles, reading).await?);
    }
    Ok(verdicts)
}

async fn judge(
    connection: &mut AnyConnection,
    profiles: &mut Profiles,
    reading: &Reading,
) -> Result<Verdict, StoreError> {
    let found = match profiles.entry((reading.device.clone(), reading.asset.clone())) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => {
            let found = profile(connection, reading).await?;
            entry.insert(found)
        }
    };
    let Some((asset_id, profile)) = found else {
        return Ok(Verdict::Refused("the device or the asset is not registered".into()));
    };
    match check(profile, reading) {
        Ok(checked) => upsert(connection, asset_id, reading, checked).await,
        Err(reason) => Ok(Verdict::Refused(reason)),
    }
}

async fn profile(
    connection: &mut AnyConnection,
    reading: &Reading,
) -> Result<Option<(String, Profile)>, StoreError> {
    let row = sqlx::query(
        "SELECT a.id, a.profile FROM assets a JOIN devices d ON d.id = a.device_id \
         WHERE d.sn = $1 AND a.name_lower = $2 AND a.name = $3",
    )
    .bind(&reading.device)
    .bind(reading.asset.to_ascii_lowercase())
    .bind(&reading.asset)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let profile: String = row.try_get("profile")?;
    let profile = serde_json::from_str(&profile).map_err(StoreError::corrupt("profile"))?;
    Ok(Some((row.try_get("id")?, profile)))
}

/// A reading that fits its asset.
struct Checked {
    value: Box<RawValue>,
    /// Session and number as the tables hold them.
    stamp: Option<(i64, i64)>,
}

/// The value as it is to be kept, when it fits.
fn check(profile: &Profile, reading: &Reading) -> Result<Checked, String> {
    let text = |error: serde_json::Error| error.to_string();
    let mut value = serde_json::from_str(reading.value.get()).map_err(text)?;
    let mut raw = reading.value.clone();
    // Who numbers its states writes values as they are.
    if let Some(coerced) = profile.coerce(&value).filter(|_| reading.stamp.is_none()) {
        raw = to_raw_value(&coerced).map_err(text)?;
        value = coerced;
    }
    profile.check(&value).map_err(|refusal| refusal.to_string())?;
    let signed = |count| i64::try_from(count).map_err(|_| "session or number is too large".to_owned());
    let stamp: Result<_, String> =
        reading.stamp.map(|stamp| Ok((signed(stamp.session)?, signed(stamp.seq)?))).transpose();
    Ok(Checked { value: raw, stamp: stamp? })
}

async fn upsert(
    connection: &mut AnyConnection,
    asset_id: &str,
    reading: &Reading,
    Checked { value, stamp }: Checked,
) -> Result<Verdict, StoreError> {
    let done = sqlx::query(UPSERT)
        .bind(asset_id)
        .bind(value.get())
        .bind(reading.at.as_microsecond())
        .bind(stamp.map(|(session, _)| session))
        .bind(stamp.map(|(_, seq)| seq))
        .execute(connection)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(Verdict::Stale);
    }
    let Reading { at, stamp, .. } = *reading;
    Ok(Verdict::Stored(StoredState { at, value, stamp }))
}
