//! Writes what a [`Plan`](super::plan::Plan) says, in the transaction of its caller.

use std::collections::HashMap;

use edge_proto::{Device, digest};
use jiff::Timestamp;
use sqlx::AnyConnection;

use super::assets::{self, NewAsset};
use super::insert::{self, Place};
use super::plan::{Insert, Plan, Update};
use super::{DeviceRecord, EditError, Point, StoreError, remove, row};

/// Writes all of it.
pub(super) async fn apply(connection: &mut AnyConnection, plan: &Plan<'_>) -> Result<(), EditError> {
    let now = row::now();
    for update in &plan.updates {
        write(connection, update, now).await?;
    }
    // Before the deletes: a serial number that is still somewhere else in the tree is taken.
    for Insert { parent_id, organization_id, child } in &plan.inserts {
        let place = Place { parent_id: Some(parent_id), organization_id };
        insert::tree(connection, child, place).await?;
    }
    for id in &plan.deletes {
        remove::delete_tree(connection, id).await?;
    }
    Ok(())
}

/// A child of the device came or went: that is a change of the device.
pub(super) async fn touch(
    connection: &mut AnyConnection,
    id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE devices SET version = version + 1, updated_at = $2 WHERE id = $1");
    query.bind(id).bind(now.as_microsecond()).execute(connection).await?;
    Ok(())
}

/// Makes a device a part of another one, or of none.
pub(super) async fn set_parent(
    connection: &mut AnyConnection,
    id: &str,
    parent_id: Option<&str>,
) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE devices SET parent_id = $2 WHERE id = $1");
    query.bind(id).bind(parent_id).execute(connection).await?;
    Ok(())
}

async fn write(
    connection: &mut AnyConnection,
    update: &Update<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Update { before, device, organization_id } = update;
    sqlx::query(
        "UPDATE devices SET name = $2, type = $3, vendor = $4, organization_id = $5, description = $6, \
         model = $7, digest = $8, updated_at = $9, version = version + 1 WHERE id = $1",
    )
    .bind(&before.id)
    .bind(&device.title)
    .bind(row::word(device.asset_type))
    .bind(device.vendor.as_str())
    .bind(organization_id)
    .bind(&device.description)
    .bind(&device.model)
    .bind(digest::of(device))
    .bind(now.as_microsecond())
    .execute(&mut *connection)
    .await?;
    write_assets(connection, before, device, now).await
}

async fn write_assets(
    connection: &mut AnyConnection,
    before: &DeviceRecord,
    after: &Device,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut old: HashMap<String, _> = (before.points.iter().zip(&before.device.assets))
        .map(|(point, asset)| (asset.name.to_ascii_lowercase(), (point, asset)))
        .collect();
    let mut new = Vec::new();
    let mut stateless = Vec::new();
    let mut position = 0;
    for asset in &after.assets {
        match old.remove(&asset.name.to_ascii_lowercase()) {
            None => new.push((asset, assets::new_point(position, now))),
            Some((point, found)) => {
                // Gaps stay: what was deleted must not move everything behind it.
                position = position.max(point.position);
                if found != asset {
                    assets::update(connection, &point.id, position, asset, now).await?;
                } else if position != point.position {
                    assets::place(connection, &point.id, position).await?;
                }
                if found.profile.value_type != asset.profile.value_type {
                    // A text would be read where the declaration now promises a number.
                    stateless.push(point.id.as_str());
                }
            }
        }
        position += 1;
    }
    assets::delete_states(connection, &stateless).await?;
    let gone: Vec<&str> = old.into_values().map(|(point, _)| point.id.as_str()).collect();
    assets::delete(connection, &gone).await?;
    let new: Vec<NewAsset<'_>> =
        new.iter().map(|(asset, point)| new_asset(&before.id, asset, point)).collect();
    assets::insert(connection, &new).await
}

fn new_asset<'a>(device_id: &'a str, asset: &'a edge_proto::Asset, point: &'a Point) -> NewAsset<'a> {
    NewAsset { device_id, asset, point }
}
