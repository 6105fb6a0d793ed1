//! Registration: a device with its data points and its child devices, all or nothing, with as few
//! statements as there are tables and chunks.

use std::collections::{HashMap, HashSet};

use edge_proto::payload::PresenceStatus;
use edge_proto::{Device, digest};
use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::assets::{self, FIRST_VERSION, NewAsset};
use super::lineage::Lineage;
use super::tree::{self, Key, MAX_LEVELS, Reach};
use super::{Declared, DeviceRecord, EditError, Store, StoreError, batch, lineage, row, write};

/// What became of a registration.
#[derive(Clone, Debug)]
pub(crate) enum Registered {
    /// It was not there before.
    New(DeviceRecord),
    /// It was there, and is as it was.
    Existing(DeviceRecord),
}

impl Registered {
    /// The device, new or not.
    #[cfg(test)]
    pub(crate) fn record(self) -> DeviceRecord {
        match self {
            Self::New(record) | Self::Existing(record) => record,
        }
    }
}

/// Where a new device belongs.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) parent_id: Option<&'a str>,
    pub(super) organization_id: &'a str,
}

impl Store {
    /// Registers a device with its child devices. One that is registered already stays as it is, unless
    /// a child of the message belongs to somebody else.
    pub(crate) async fn register(
        &self,
        declared: &Declared,
        organization_id: &str,
    ) -> Result<Registered, EditError> {
        let new = match &declared.device.parent {
            Some(parent) => self.register_below(declared, parent, organization_id).await?,
            None => self.register_on_top(declared, organization_id).await?,
        };
        match new {
            Some(record) => Ok(Registered::New(record)),
            None => self.existing(declared).await.map(Registered::Existing),
        }
    }

    /// `None`: its serial number is registered.
    async fn register_on_top(
        &self,
        declared: &Declared,
        organization_id: &str,
    ) -> Result<Option<DeviceRecord>, EditError> {
        check(declared, 0)?;
        let mut transaction = match declared.children.is_empty() {
            true => self.pool.begin().await?,
            false => self.begin_tree().await?,
        };
        let place = Place { parent_id: None, organization_id };
        let Some(record) = insert_new(&mut transaction, declared, place).await? else { return Ok(None) };
        transaction.commit().await?;
        self.lineages.forget();
        Ok(Some(record))
    }

    async fn register_below(
        &self,
        declared: &Declared,
        parent_sn: &str,
        organization_id: &str,
    ) -> Result<Option<DeviceRecord>, EditError> {
        let mut transaction = self.begin_tree().await?;
        let found = lineage::read(&mut transaction, parent_sn).await?;
        let Some(parent) = found else {
            return match is_registered(&mut transaction, &declared.device.sn).await? {
                true => Ok(None),
                false => Err(EditError::Parent { sn: parent_sn.to_owned() }),
            };
        };
        check(declared, parent.levels())?;
        let place = place(&parent, declared, organization_id)?;
        let Some(record) = insert_new(&mut transaction, declared, place).await? else { return Ok(None) };
        write::touch(&mut transaction, &parent.id, record.created_at).await?;
        transaction.commit().await?;
        self.lineages.forget();
        Ok(Some(record))
    }

    async fn existing(&self, declared: &Declared) -> Result<DeviceRecord, EditError> {
        let mut connection = self.pool.acquire().await?;
        let record = tree::load(&mut connection, Key::Sn(&declared.device.sn), Reach::Tree).await?;
        let record = record.ok_or(EditError::NotFound)?;
        let parents = parents(&mut connection, declared).await?;
        for child in descendants(declared) {
            if parents.get(&child.sn).is_some_and(|parent| *parent != child.parent) {
                return Err(EditError::Taken { sn: child.sn.clone() });
            }
        }
        Ok(record)
    }

    /// Adds a child device.
    pub(crate) async fn add_child(
        &self,
        parent_sn: &str,
        child: &Declared,
    ) -> Result<DeviceRecord, EditError> {
        match self.register_below(child, parent_sn, "").await {
            Ok(Some(record)) => Ok(record),
            Ok(None) => Err(EditError::Taken { sn: child.device.sn.clone() }),
            Err(EditError::Parent { .. }) => Err(EditError::NotFound),
            Err(error) => Err(error),
        }
    }
}

fn place<'a>(
    parent: &'a Lineage,
    declared: &Declared,
    organization_id: &str,
) -> Result<Place<'a>, EditError> {
    if organization_id.is_empty() || organization_id == parent.organization_id {
        return Ok(Place { parent_id: Some(&parent.id), organization_id: &parent.organization_id });
    }
    Err(EditError::Organization { sn: declared.device.sn.clone() })
}

/// What callers have checked with better words: no tree that breaks the rules reaches the tables.
pub(super) fn check(declared: &Declared, levels_above: usize) -> Result<(), EditError> {
    if levels_above + declared.height() > MAX_LEVELS {
        return Err(EditError::TooDeep);
    }
    declared.device.check()?;
    descendants(declared).try_for_each(|device| Ok(device.check()?))
}

async fn is_registered(connection: &mut AnyConnection, sn: &str) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT id FROM devices WHERE sn = $1").bind(sn);
    Ok(query.fetch_optional(connection).await?.is_some())
}

/// All devices below, in any order.
fn descendants(declared: &Declared) -> Box<dyn Iterator<Item = &Device> + '_> {
    Box::new(
        declared.children.iter().flat_map(|child| std::iter::once(&child.device).chain(descendants(child))),
    )
}

/// What the registered ones of the devices below belong to, by serial number.
async fn parents(
    connection: &mut AnyConnection,
    declared: &Declared,
) -> Result<HashMap<String, Option<String>>, StoreError> {
    let sns: Vec<&str> = descendants(declared).map(|device| device.sn.as_str()).collect();
    let mut parents = HashMap::new();
    for sns in sns.chunks(batch::VALUES) {
        const SELECT: &str = "SELECT d.sn, p.sn AS parent_sn FROM devices d \
            LEFT JOIN devices p ON p.id = d.parent_id WHERE d.sn IN (";
        let text = [SELECT, &batch::list(sns.len()), ")"].concat();
        let query = sns.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, sn| query.bind(*sn));
        for row in &query.fetch_all(&mut *connection).await? {
            parents.insert(row.try_get("sn")?, row.try_get("parent_sn")?);
        }
    }
    Ok(parents)
}

/// `None`: the device itself is registered already. A child that is registered is an error.
async fn insert_new(
    connection: &mut AnyConnection,
    declared: &Declared,
    place: Place<'_>,
) -> Result<Option<DeviceRecord>, EditError> {
    match insert(connection, declared, place).await {
        Err(EditError::Taken { sn }) if sn == declared.device.sn => Ok(None),
        other => other.map(Some),
    }
}

/// Writes a tree that is not there. [`EditError::Taken`] names a serial number that is.
pub(super) async fn insert(
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
