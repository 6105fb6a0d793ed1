//! Devices: registered, looked up, started.

use edge_proto::payload::PresenceStatus;
use edge_proto::{Device, digest};
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::Row as _;
use uuid::Uuid;

use super::row::{self, asset_columns, device_columns};
use super::{DeviceRecord, Store, StoreError, assets};

/// By what a device is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    /// The registry's id.
    Id(&'a str),
    /// The serial number.
    Sn(&'a str),
}

/// A session that was just opened.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) session: u64,
    pub(crate) version: u64,
    pub(crate) digest: String,
}

const FIRST_VERSION: i64 = 1;

impl Store {
    /// Registers a device. One that is registered already stays as it is.
    pub(crate) async fn register(
        &self,
        device: &Device,
        organization_id: &str,
    ) -> Result<DeviceRecord, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let now = Timestamp::now().as_microsecond();
        if let Some(id) = insert(&mut transaction, device, organization_id, now).await? {
            for (position, asset) in (0..).zip(&device.assets) {
                assets::insert(&mut transaction, &id, position, asset, now).await?;
            }
        }
        let record = load(&mut transaction, Key::Sn(&device.sn)).await?;
        transaction.commit().await?;
        record.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// A device with its assets.
    pub(crate) async fn device(&self, key: Key<'_>) -> Result<Option<DeviceRecord>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        load(&mut connection, key).await
    }

    /// All devices, without their assets, by serial number.
    pub(crate) async fn devices(&self) -> Result<Vec<DeviceRecord>, StoreError> {
        let rows = sqlx::query(concat!("SELECT ", device_columns!(), " FROM devices ORDER BY sn"))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(row::device).collect()
    }

    /// Hands out the next session number; `None` when the device is not registered.
    pub(crate) async fn open_session(&self, sn: &str) -> Result<Option<Session>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query(
            "UPDATE devices SET session = session + 1 WHERE sn = $1 RETURNING id, session, version, digest",
        )
        .bind(sn)
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        row.map(|row| {
            Ok(Session {
                id: row.try_get("id")?,
                session: row::number(&row, "session")?,
                version: row::number(&row, "version")?,
                digest: row.try_get("digest")?,
            })
        })
        .transpose()
    }
}

/// Writes the device's own row; `None` when its serial number is taken.
async fn insert(
    connection: &mut AnyConnection,
    device: &Device,
    organization_id: &str,
    now: i64,
) -> Result<Option<String>, StoreError> {
    let id = Uuid::new_v4().to_string();
    let done = sqlx::query(
        "INSERT INTO devices (id, sn, name, type, vendor, organization_id, description, model, version, \
         digest, session, presence, presence_session, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, 0, $12, $13) ON CONFLICT (sn) DO NOTHING",
    )
    .bind(&id)
    .bind(&device.sn)
    .bind(&device.title)
    .bind(row::word(device.asset_type))
    .bind(&device.vendor)
    .bind(organization_id)
    .bind(&device.description)
    .bind(&device.model)
    .bind(FIRST_VERSION)
    .bind(digest::of(device))
    .bind(row::word(PresenceStatus::Offline))
    .bind(now)
    .bind(now)
    .execute(connection)
    .await?;
    Ok((done.rows_affected() == 1).then_some(id))
}

/// Reads a device with its assets.
pub(super) async fn load(
    connection: &mut AnyConnection,
    key: Key<'_>,
) -> Result<Option<DeviceRecord>, StoreError> {
    let query = match key {
        Key::Id(id) => {
            sqlx::query(concat!("SELECT ", device_columns!(), " FROM devices WHERE id = $1")).bind(id)
        }
        Key::Sn(sn) => {
            sqlx::query(concat!("SELECT ", device_columns!(), " FROM devices WHERE sn = $1")).bind(sn)
        }
    };
    let Some(row) = query.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let mut record = row::device(&row)?;
    let rows = sqlx::query(concat!("SELECT ", asset_columns!(), " WHERE d.id = $1 ORDER BY a.position"))
        .bind(&record.id)
        .fetch_all(connection)
        .await?;
    for row in &rows {
        let asset = row::asset(row)?;
        record.asset_ids.push(asset.id);
        record.device.assets.push(asset.asset);
    }
    Ok(Some(record))
}
