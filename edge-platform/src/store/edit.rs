//! Changes of a registered device: one transaction, all or nothing, against the version that the
//! change was planned with.

use std::collections::HashMap;

use edge_proto::model::ModelError;
use edge_proto::{Device, digest};
use jiff::Timestamp;
use sqlx::AnyConnection;

use super::{DeviceRecord, Key, Store, StoreError, assets, devices, row};

/// What a change may touch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) device: Device,
    pub(crate) organization_id: String,
}

/// Why a change was not made. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    #[error("the device is not registered")]
    NotFound,
    #[error("the device is at version {found}, the change was made against {expected}: read it again")]
    Conflict { expected: u64, found: u64 },
    #[error(transparent)]
    Invalid(#[from] ModelError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for EditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Applies `change` to the device. With a `version`: only if it still is that one. A change that
    /// changes nothing writes nothing, and the version stays.
    pub(crate) async fn edit(
        &self,
        key: Key<'_>,
        version: Option<u64>,
        change: impl FnOnce(&mut Draft) + Send,
    ) -> Result<DeviceRecord, EditError> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction, key).await?;
        let record = devices::load(&mut transaction, key).await?.ok_or(EditError::NotFound)?;
        match version {
            Some(expected) if expected != record.version => {
                return Err(EditError::Conflict { expected, found: record.version });
            }
            _ => {}
        }
        let before = Draft { device: record.device.clone(), organization_id: record.organization_id.clone() };
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(record);
        }
        after.device.check()?;
        write(&mut transaction, &record, &after).await?;
        let record = devices::load(&mut transaction, key).await?.ok_or(EditError::NotFound)?;
        transaction.commit().await?;
        Ok(record)
    }
}

/// Makes other writers of this device wait: the first statement of the transaction writes its row, so
/// that what is read afterwards cannot change under us, in SQLite as in PostgreSQL.
async fn lock(connection: &mut AnyConnection, key: Key<'_>) -> Result<(), StoreError> {
    let query = match key {
        Key::Id(id) => sqlx::query("UPDATE devices SET version = version WHERE id = $1").bind(id),
        Key::Sn(sn) => sqlx::query("UPDATE devices SET version = version WHERE sn = $1").bind(sn),
    };
    query.execute(connection).await?;
    Ok(())
}

async fn write(
    connection: &mut AnyConnection,
    before: &DeviceRecord,
    after: &Draft,
) -> Result<(), StoreError> {
    let now = Timestamp::now().as_microsecond();
    let Draft { device, organization_id } = after;
    sqlx::query(
        "UPDATE devices SET name = $2, type = $3, vendor = $4, organization_id = $5, description = $6, \
         model = $7, digest = $8, updated_at = $9, version = version + 1 WHERE id = $1",
    )
    .bind(&before.id)
    .bind(&device.title)
    .bind(row::word(device.asset_type))
    .bind(&device.vendor)
    .bind(organization_id)
    .bind(&device.description)
    .bind(&device.model)
    .bind(digest::of(device))
    .bind(now)
    .execute(&mut *connection)
    .await?;
    write_assets(connection, before, device, now).await
}

async fn write_assets(
    connection: &mut AnyConnection,
    before: &DeviceRecord,
    after: &Device,
    now: i64,
) -> Result<(), StoreError> {
    let mut old: HashMap<String, _> = (0_i64..)
        .zip(before.asset_ids.iter().zip(&before.device.assets))
        .map(|(position, (id, asset))| (asset.name.to_ascii_lowercase(), (position, id, asset)))
        .collect();
    for (position, asset) in (0..).zip(&after.assets) {
        match old.remove(&asset.name.to_ascii_lowercase()) {
            None => assets::insert(connection, &before.id, position, asset, now).await?,
            Some((was, _, found)) if was == position && found == asset => {}
            Some((_, id, found)) => {
                assets::update(connection, id, position, asset, now).await?;
                if found.profile.value_type != asset.profile.value_type {
                    // A text would be read where the declaration now promises a number.
                    assets::delete_state(connection, id).await?;
                }
            }
        }
    }
    for (_, id, _) in old.into_values() {
        assets::delete(connection, id).await?;
    }
    Ok(())
}
