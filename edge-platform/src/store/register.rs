//! Registration: a device with its data points and its child devices, all or nothing, with as few
//! statements as there are tables and chunks.

use std::collections::HashMap;

use edge_proto::Device;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::insert::{self, Place};
use super::lineage::Lineage;
use super::tree::{self, Key, MAX_LEVELS, Reach};
use super::{Declared, DeviceRecord, EditError, Store, StoreError, batch, lineage, write};

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
        let Some(record) = insert_unless_taken(&mut transaction, declared, place).await? else {
            return Ok(None);
        };
        self.commit(transaction).await?;
        Ok(Some(record))
    }

    async fn register_below(
        &self,
        declared: &Declared,
        parent_sn: &str,
        organization_id: &str,
    ) -> Result<Option<DeviceRecord>, EditError> {
        let mut transaction = self.begin_tree().await?;
        let parent = lineage::read(&mut transaction, parent_sn).await?;
        let place = match place(parent.as_ref(), parent_sn, declared, organization_id) {
            // What is there is as it is, wherever the message would put it.
            Err(_) if is_registered(&mut transaction, &declared.device.sn).await? => return Ok(None),
            place => place?,
        };
        let Some(record) = insert_unless_taken(&mut transaction, declared, place).await? else {
            return Ok(None);
        };
        if let Some(parent) = &parent {
            write::touch(&mut transaction, &parent.id, record.created_at).await?;
        }
        self.commit(transaction).await?;
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

/// Where the device comes, if it may.
fn place<'a>(
    parent: Option<&'a Lineage>,
    parent_sn: &str,
    declared: &Declared,
    organization_id: &str,
) -> Result<Place<'a>, EditError> {
    let parent = parent.ok_or_else(|| EditError::Parent { sn: parent_sn.to_owned() })?;
    check(declared, parent.levels())?;
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
async fn insert_unless_taken(
    connection: &mut AnyConnection,
    declared: &Declared,
    place: Place<'_>,
) -> Result<Option<DeviceRecord>, EditError> {
    match insert::tree(connection, declared, place).await {
        Err(EditError::Taken { sn }) if sn == declared.device.sn => Ok(None),
        other => other.map(Some),
    }
}
