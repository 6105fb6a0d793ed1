//! Writes trees of devices that are not there, with as few statements as there are levels and chunks.

use std::collections::HashSet;

use edge_proto::digest;
use edge_proto::payload::PresenceStatus;
use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::assets::{self, FIRST_VERSION, NewAsset};
use super::{Declared, DeviceRecord, EditError, StoreError, batch, row};

/// Where a new device belongs.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) parent_id: Option<&'a str>,
    pub(super) organization_id: &'a str,
}

/// Writes a tree that is not there. [`EditError::Taken`] names a serial number that is.
pub(super) async fn tree(
    connection: &mut AnyConnection,
    declared: &Declared,
    place: Place<'_>,
) -> Result<DeviceRecord, EditError> {
    let record = new_record(declared, place.organization_id, row::now());
    let mut level: Vec<Row<'_>> = vec![(&record, place.parent_id)];
    let mut assets = Vec::new();
    // Level by level: no child is written before its parent is known to be new.
    while !level.is_empty() {
        for rows in level.chunks(batch::ROWS) {
            insert_devices(connection, rows).await?;
        }
        assets.extend(level.iter().flat_map(|(record, _)| new_assets(record)));
        level = level.iter().flat_map(|(record, _)| children(record)).collect();
    }
    assets::insert(connection, &assets).await?;
    Ok(record)
}

fn new_record(declared: &Declared, organization_id: &str, now: Timestamp) -> DeviceRecord {
    let Declared { device, children, .. } = declared;
    let mut children: Vec<_> = children.iter().map(|child| new_record(child, organization_id, now)).collect();
    children.sort_by(|a, b| a.device.sn.cmp(&b.device.sn));
    DeviceRecord {
        id: Uuid::new_v4().to_string(),
        digest: digest::of(device),
        points: (0..).zip(&device.assets).map(|(position, _)| assets::new_point(position, now)).collect(),
        device: device.clone(),
        children,
        organization_id: organization_id.to_owned(),
        version: FIRST_VERSION,
        presence: PresenceStatus::Offline,
        created_at: now,
        updated_at: now,
    }
}

/// A new device, and the id of what it is a part of.
type Row<'a> = (&'a DeviceRecord, Option<&'a str>);

fn children<'a>(record: &'a DeviceRecord) -> impl Iterator<Item = Row<'a>> + use<'a> {
    record.children.iter().map(|child| (child, Some(record.id.as_str())))
}

fn new_assets<'a>(record: &'a DeviceRecord) -> impl Iterator<Item = NewAsset<'a>> + use<'a> {
    let assets = record.device.assets.iter().zip(&record.points);
    assets.map(|(asset, point)| NewAsset { device_id: &record.id, asset, point })
}

/// Writes the devices' own rows.
async fn insert_devices(connection: &mut AnyConnection, rows: &[Row<'_>]) -> Result<(), EditError> {
    let mut query = sqlx::query(AssertSqlSafe(insert_text(rows.len())));
    for (record, parent_id) in rows {
        let device = &record.device;
        query = query
            .bind(&record.id)
            .bind(&device.sn)
            .bind(*parent_id)
            .bind(&device.title)
            .bind(row::word(device.asset_type))
            .bind(device.vendor.as_str())
            .bind(&record.organization_id)
            .bind(&device.description)
            .bind(&device.model)
            .bind(row::signed(record.version))
            .bind(&record.digest)
            .bind(row::word(record.presence))
            .bind(record.created_at.as_microsecond())
            .bind(record.updated_at.as_microsecond());
    }
    let done = query.execute(&mut *connection).await?;
    if done.rows_affected() == rows.len() as u64 {
        return Ok(());
    }
    Err(EditError::Taken { sn: taken(connection, rows).await? })
}

/// Sessions go on where the last device with that serial number ended: retained presences and last wills
/// of its time may still be under way. Their session is not taken any more.
fn insert_text(rows: usize) -> String {
    const COLUMNS: usize = 14;
    const SN: usize = 2;
    let mut text =
        "INSERT INTO devices (id, sn, parent_id, name, type, vendor, organization_id, description, \
        model, version, digest, presence, created_at, updated_at, session, presence_session) VALUES "
            .to_owned();
    for row in 0..rows {
        let first = row * COLUMNS;
        let session = format!("COALESCE((SELECT session FROM retired WHERE sn = ${}), 0)", first + SN);
        text.push_str(if row == 0 { "(" } else { ", (" });
        text.push_str(&batch::list_from(first + 1, COLUMNS));
        text.push_str(&format!(", {session}, {session})"));
    }
    text + " ON CONFLICT (sn) DO NOTHING"
}

/// The first serial number that was not written, because another device has it.
async fn taken(connection: &mut AnyConnection, rows: &[Row<'_>]) -> Result<String, StoreError> {
    let text = ["SELECT id FROM devices WHERE id IN (", &batch::list(rows.len()), ")"].concat();
    let query =
        rows.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, (record, _)| query.bind(&record.id));
    let found = query.fetch_all(connection).await?;
    let written = found.iter().map(|row| row.try_get("id")).collect::<Result<HashSet<String>, _>>()?;
    let missing = rows.iter().find(|(record, _)| !written.contains(&record.id));
    missing.map(|(record, _)| record.device.sn.clone()).ok_or_else(|| sqlx::Error::RowNotFound.into())
}
