//! Assets: read with their states, written one by one.

use edge_proto::Asset;
use sqlx::AnyConnection;
use uuid::Uuid;

use super::row::{self, asset_columns};
use super::{AssetRecord, Store, StoreError};

/// How many letters and digits an asset's id has, as AllThingsTalk's.
const ID_LENGTH: usize = 24;

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
        let query = concat!("SELECT ", asset_columns!(), " WHERE d.sn = $1 AND a.name = $2");
        let row = sqlx::query(query).bind(sn).bind(name).fetch_optional(&self.pool).await?;
        row.as_ref().map(row::asset).transpose()
    }

    /// Whether there is a device with that serial number.
    pub(crate) async fn is_registered(&self, sn: &str) -> Result<bool, StoreError> {
        let row =
            sqlx::query("SELECT id FROM devices WHERE sn = $1").bind(sn).fetch_optional(&self.pool).await?;
        Ok(row.is_some())
    }
}

pub(super) async fn insert(
    connection: &mut AnyConnection,
    device_id: &str,
    position: i64,
    asset: &Asset,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO assets (id, device_id, position, name, name_lower, kind, title, description, profile, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(new_id())
    .bind(device_id)
    .bind(position)
    .bind(&asset.name)
    .bind(asset.name.to_ascii_lowercase())
    .bind(row::word(asset.kind))
    .bind(&asset.title)
    .bind(&asset.description)
    .bind(profile(asset))
    .bind(now)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn update(
    connection: &mut AnyConnection,
    id: &str,
    position: i64,
    asset: &Asset,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE assets SET position = $2, name = $3, name_lower = $4, kind = $5, title = $6, \
         description = $7, profile = $8, updated_at = $9 WHERE id = $1",
    )
    .bind(id)
    .bind(position)
    .bind(&asset.name)
    .bind(asset.name.to_ascii_lowercase())
    .bind(row::word(asset.kind))
    .bind(&asset.title)
    .bind(&asset.description)
    .bind(profile(asset))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete(connection: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    // SQLite cascades only where foreign keys are on; where they are not, no state may outlive its asset.
    delete_state(connection, id).await?;
    sqlx::query("DELETE FROM assets WHERE id = $1").bind(id).execute(connection).await?;
    Ok(())
}

pub(super) async fn delete_state(connection: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM states WHERE asset_id = $1").bind(id).execute(connection).await?;
    Ok(())
}

fn profile(asset: &Asset) -> String {
    serde_json::to_string(&asset.profile).expect("a profile is always JSON")
}

fn new_id() -> String {
    let mut id = Uuid::new_v4().simple().to_string();
    id.truncate(ID_LENGTH);
    id
}
