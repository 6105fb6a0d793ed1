//! From rows to records, and the words that columns hold.

use edge_proto::payload::{Location, PresenceStatus, Stamp};
use edge_proto::{Asset, Device};
use jiff::{Timestamp, Unit};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{AssetRecord, DeviceRecord, Point, StoreError, StoredState};

/// The columns that [`device`] reads, and the tables that have them.
macro_rules! device_columns {
    () => {
        "d.id, d.sn, d.name, d.type, d.vendor, d.organization_id, d.description, d.model, d.version, \
         d.digest, d.presence, d.created_at, d.updated_at, d.parent_id, p.sn AS parent_sn \
         FROM devices d LEFT JOIN devices p ON p.id = d.parent_id"
    };
}
pub(super) use device_columns;

/// The columns that [`point`] reads.
macro_rules! point_columns {
    () => {
        "a.id, a.device_id, a.position, a.name, a.kind, a.title, a.description, a.profile, a.version, a.created_at, \
         a.updated_at"
    };
}
pub(super) use point_columns;

/// The columns that [`asset`] reads, and the tables that have them.
macro_rules! asset_columns {
    () => {
        concat!(
            row::point_columns!(),
            ", s.value, s.at, s.session, s.seq, s.location, s.unsynced \
             FROM assets a JOIN devices d ON d.id = a.device_id LEFT JOIN states s ON s.asset_id = a.id"
        )
    };
}
pub(super) use asset_columns;

/// A device without its assets and its children.
pub(super) fn device(row: &AnyRow) -> Result<DeviceRecord, StoreError> {
    let device = Device {
        sn: row.try_get("sn")?,
        model: row.try_get("model")?,
        title: row.try_get("name")?,
        description: row.try_get("description")?,
        asset_type: read_word(row.try_get("type")?, "type")?,
        vendor: row.try_get::<String, _>("vendor")?.into(),
        parent: row.try_get("parent_sn")?,
        assets: Vec::new(),
    };
    Ok(DeviceRecord {
        id: row.try_get("id")?,
        device,
        points: Vec::new(),
        children: Vec::new(),
        organization_id: row.try_get("organization_id")?,
        version: number(row, "version")?,
        digest: row.try_get("digest")?,
        presence: read_word::<PresenceStatus>(row.try_get("presence")?, "presence")?,
        created_at: time(row.try_get("created_at")?)?,
        updated_at: time(row.try_get("updated_at")?)?,
    })
}

/// What was declared of an asset, and what was given to it.
pub(super) fn point(row: &AnyRow) -> Result<(Asset, Point), StoreError> {
    let profile: String = row.try_get("profile")?;
    let asset = Asset {
        name: row.try_get("name")?,
        kind: read_word(row.try_get("kind")?, "kind")?,
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        profile: serde_json::from_str(&profile).map_err(StoreError::corrupt("profile"))?,
    };
    let point = Point {
        id: row.try_get("id")?,
        position: row.try_get("position")?,
        version: number(row, "version")?,
        created_at: time(row.try_get("created_at")?)?,
        updated_at: time(row.try_get("updated_at")?)?,
    };
    Ok((asset, point))
}

/// An asset with its state.
pub(super) fn asset(row: &AnyRow) -> Result<AssetRecord, StoreError> {
    let (asset, Point { id, version, created_at, updated_at, .. }) = point(row)?;
    Ok(AssetRecord { id, asset, version, created_at, updated_at, state: state(row)? })
}

/// A state, if there is one.
pub(super) fn state(row: &AnyRow) -> Result<Option<StoredState>, StoreError> {
    let Some(value) = row.try_get::<Option<String>, _>("value")? else { return Ok(None) };
    let stamp = match (row.try_get::<Option<i64>, _>("session")?, row.try_get::<Option<i64>, _>("seq")?) {
        (Some(session), Some(seq)) => Some(Stamp { session: unsigned(session)?, seq: unsigned(seq)? }),
        _ => None,
    };
    let value = RawValue::from_string(value).map_err(StoreError::corrupt("value"))?;
    let location = row.try_get::<Option<String>, _>("location")?;
    let location = location.map(|text| serde_json::from_str(&text)).transpose();
    let location = location.map_err(StoreError::corrupt("location"))?;
    let (at, unsynced) = (time(row.try_get("at")?)?, is_set(row, "unsynced")?);
    Ok(Some(StoredState { at, unsynced, value, location, stamp }))
}

/// A yes or no as the tables hold it.
pub(super) fn is_set(row: &AnyRow, column: &'static str) -> Result<bool, StoreError> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

/// A location as the tables hold it.
pub(super) fn location_text(location: Option<Location>) -> Option<String> {
    location.map(|location| serde_json::to_string(&location).expect("a location is always JSON"))
}

/// A count that is never negative.
pub(super) fn number(row: &AnyRow, column: &'static str) -> Result<u64, StoreError> {
    unsigned(row.try_get(column)?)
}

pub(super) fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(StoreError::corrupt("count"))
}

/// As the tables hold it.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The time as the tables hold it, so that what is told now is what is read later.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}

/// A time as it will be when it is read again.
pub(super) fn kept(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

pub(super) fn time(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds).map_err(StoreError::corrupt("time"))
}

/// The word that an enumeration has in JSON.
pub(super) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => unreachable!("unit enums are texts in JSON: {other:?}"),
    }
}

/// The value that a word means.
pub(super) fn read_word<T: DeserializeOwned>(word: String, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_value(Value::String(word)).map_err(StoreError::corrupt(what))
}
