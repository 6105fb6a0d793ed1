//! Assets: read with their states, written in batches.

use std::collections::HashMap;
use std::time::Instant;

use edge_proto::Asset;
use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::row::{self, asset_columns};
use super::{AssetRecord, DeviceRecord, Point, Store, StoreError, batch};

/// How many letters and digits an asset's id has, as AllThingsTalk's.
const ID_LENGTH: usize = 24;

pub(super) const FIRST_VERSION: u64 = 1;

/// Where an asset's id belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AssetPlace {
    /// The device's serial number.
    pub(crate) device: String,
    /// The asset's name.
    pub(crate) asset: String,
}

impl Store {
    /// A device's assets in their order; `None` when the device is not registered.
    pub(crate) async fn assets(&self, sn: &str) -> Result<Option<Vec<AssetRecord>>, StoreError> {
        let query = concat!("SELECT ", asset_columns!(), " WHERE d.sn = $1 ORDER BY a.position");
        let rows = sqlx::query(query).bind(sn).fetch_all(&self.pool).await?;
        if rows.is_empty() && !self.is_registered(sn).await? {
            return Ok(None);
        }
        rows.iter().map(row::asset).collect::<Result<_, _>>().map(Some)
    }

    /// One asset; `None` when the device or the asset is not registered.
    pub(crate) async fn asset(&self, sn: &str, name: &str) -> Result<Option<AssetRecord>, StoreError> {
        // By the lower-case name it is found through the index.
        let query =
            concat!("SELECT ", asset_columns!(), " WHERE d.sn = $1 AND a.name_lower = $2 AND a.name = $3");
        let query = sqlx::query(query).bind(sn).bind(name.to_ascii_lowercase()).bind(name);
        let row = query.fetch_optional(&self.pool).await?;
        row.as_ref().map(row::asset).transpose()
    }

    /// The asset with that id, and the serial number of its device.
    pub(crate) async fn asset_by_id(&self, id: &str) -> Result<Option<(String, AssetRecord)>, StoreError> {
        let query = concat!("SELECT d.sn, ", asset_columns!(), " WHERE a.id = $1");
        let row = sqlx::query(query).bind(id).fetch_optional(&self.pool).await?;
        row.map(|row| Ok((row.try_get("sn")?, row::asset(&row)?))).transpose()
    }

    /// The assets of many devices in their order, by the device's registry id.
    pub(crate) async fn assets_of(
        &self,
        devices: &[DeviceRecord],
    ) -> Result<HashMap<String, Vec<AssetRecord>>, StoreError> {
        let mut found: HashMap<String, Vec<AssetRecord>> = HashMap::new();
        for devices in devices.chunks(batch::VALUES) {
            let list = batch::list(devices.len());
            let text = concat!("SELECT ", asset_columns!(), " WHERE a.device_id IN (");
            let text = [text, &list, ") ORDER BY a.position"].concat();
            let query = sqlx::query(AssertSqlSafe(text));
            let query = devices.iter().fold(query, |query, device| query.bind(&device.id));
            for row in &query.fetch_all(&self.pool).await? {
                found.entry(row.try_get("device_id")?).or_default().push(row::asset(row)?);
            }
        }
        Ok(found)
    }

    /// The serial number and the name to which an asset's id belongs.
    /// It may be two seconds old when another process writes to the database.
    pub(crate) async fn asset_place(&self, id: &str) -> Result<Option<AssetPlace>, StoreError> {
        let now = Instant::now();
        let unknown = match self.places.get(id, now) {
            Ok(place) => return Ok(place),
            Err(unknown) => unknown,
        };
        let query = "SELECT d.sn, a.name FROM assets a JOIN devices d ON d.id = a.device_id WHERE a.id = $1";
        let row = sqlx::query(query).bind(id).fetch_optional(&self.pool).await?;
        let place = match row {
            Some(row) => Some(AssetPlace { device: row.try_get("sn")?, asset: row.try_get("name")? }),
            None => None,
        };
        self.places.put(id, place.clone(), unknown, now);
        Ok(place)
    }

    /// Whether there is a device with that serial number.
    pub(crate) async fn is_registered(&self, sn: &str) -> Result<bool, StoreError> {
        let row =
            sqlx::query("SELECT id FROM devices WHERE sn = $1").bind(sn).fetch_optional(&self.pool).await?;
        Ok(row.is_some())
    }
}

/// What is given to a new asset.
pub(super) fn new_point(position: i64, now: Timestamp) -> Point {
    let mut id = Uuid::new_v4().simple().to_string();
    id.truncate(ID_LENGTH);
    Point { id, position, version: FIRST_VERSION, created_at: now, updated_at: now }
}

/// An asset that is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewAsset<'a> {
    pub(super) device_id: &'a str,
    pub(super) asset: &'a Asset,
    pub(super) point: &'a Point,
}

/// Writes new assets.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    assets: &[NewAsset<'_>],
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO assets (id, device_id, position, name, name_lower, kind, title, \
        description, profile, version, created_at, updated_at) VALUES ";
    for assets in assets.chunks(batch::ROWS) {
        let text = INSERT.to_owned() + &batch::rows(assets.len(), 12);
        let mut query = sqlx::query(AssertSqlSafe(text));
        for NewAsset { device_id, asset, point } in assets {
            query = query
                .bind(&point.id)
                .bind(*device_id)
                .bind(point.position)
                .bind(&asset.name)
                .bind(asset.name.to_ascii_lowercase())
                .bind(row::word(asset.kind))
                .bind(&asset.title)
                .bind(&asset.description)
                .bind(profile(asset))
                .bind(row::signed(point.version))
                .bind(point.created_at.as_microsecond())
                .bind(point.updated_at.as_microsecond());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn update(
    connection: &mut AnyConnection,
    id: &str,
    position: i64,
    asset: &Asset,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE assets SET position = $2, name = $3, name_lower = $4, kind = $5, title = $6, \
         description = $7, profile = $8, updated_at = $9, version = version + 1 WHERE id = $1",
    )
    .bind(id)
    .bind(position)
    .bind(&asset.name)
    .bind(asset.name.to_ascii_lowercase())
    .bind(row::word(asset.kind))
    .bind(&asset.title)
    .bind(&asset.description)
    .bind(profile(asset))
    .bind(now.as_microsecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts an asset elsewhere in its device's order, which is no change of the asset.
pub(super) async fn place(connection: &mut AnyConnection, id: &str, position: i64) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE assets SET position = $2 WHERE id = $1");
    query.bind(id).bind(position).execute(connection).await?;
    Ok(())
}

/// Deletes assets with their states.
pub(super) async fn delete(connection: &mut AnyConnection, ids: &[&str]) -> Result<(), StoreError> {
    // SQLite cascades only where foreign keys are on; where they are not, no state may outlive its asset.
    delete_states(connection, ids).await?;
    delete_from(connection, "DELETE FROM assets WHERE id IN (", ids).await
}

/// Deletes what the assets are and were.
pub(super) async fn delete_states(connection: &mut AnyConnection, ids: &[&str]) -> Result<(), StoreError> {
    delete_from(connection, "DELETE FROM history WHERE asset_id IN (", ids).await?;
    delete_from(connection, "DELETE FROM states WHERE asset_id IN (", ids).await
}

async fn delete_from(
    connection: &mut AnyConnection,
    statement: &'static str,
    ids: &[&str],
) -> Result<(), StoreError> {
    for ids in ids.chunks(batch::VALUES) {
        let text = [statement, &batch::list(ids.len()), ")"].concat();
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, id| query.bind(*id));
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn profile(asset: &Asset) -> String {
    serde_json::to_string(&asset.profile).expect("a profile is always JSON")
}
