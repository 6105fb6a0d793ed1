//! Devices with their assets and their child devices: two statements, whatever the tree's size.

use std::collections::HashMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::row::{self, point_columns};
use super::{DeviceRecord, StoreError, batch};

/// How many levels a tree of devices may have.
pub(crate) const MAX_LEVELS: usize = 8;

/// How far reading goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reach {
    /// The devices themselves.
    Own,
    /// Down to the last child device.
    Tree,
}

impl Reach {
    /// How many levels below the first one are read.
    pub(super) fn levels(self) -> i64 {
        match self {
            Self::Own => 0,
            Self::Tree => MAX_LEVELS as i64,
        }
    }
}

/// By what a device is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    /// The registry's id.
    Id(&'a str),
    /// The serial number.
    Sn(&'a str),
}

/// The ids that a statement selects, and those of all devices below them down to `$1` levels.
macro_rules! tree {
    ($roots:literal) => {
        concat!(
            "WITH RECURSIVE tree (id, level) AS (SELECT r.id, CAST(0 AS BIGINT) FROM (",
            $roots,
            ") r UNION ALL SELECT c.id, t.level + 1 FROM tree t JOIN devices c ON c.parent_id = t.id \
             WHERE t.level < $1) "
        )
    };
}
pub(super) use tree;

/// Whole trees: parents before their children, the serial numbers backwards, so that what is taken from
/// the end comes in their order.
macro_rules! select_tree {
    ($roots:literal) => {
        concat!(
            $crate::store::tree::tree!($roots),
            "SELECT ",
            $crate::store::row::device_columns!(),
            " JOIN tree t ON t.id = d.id ORDER BY t.level, d.sn DESC"
        )
    };
}
pub(super) use select_tree;

/// Reads one device.
pub(super) async fn load(
    connection: &mut AnyConnection,
    key: Key<'_>,
    reach: Reach,
) -> Result<Option<DeviceRecord>, StoreError> {
    let query = match key {
        Key::Id(id) => {
            sqlx::query(select_tree!("SELECT id FROM devices WHERE id = $2")).bind(reach.levels()).bind(id)
        }
        Key::Sn(sn) => {
            sqlx::query(select_tree!("SELECT id FROM devices WHERE sn = $2")).bind(reach.levels()).bind(sn)
        }
    };
    let rows = query.fetch_all(&mut *connection).await?;
    Ok(assemble(connection, &rows).await?.pop())
}

/// From the rows of [`select_tree`] to trees, by serial number.
pub(super) async fn assemble(
    connection: &mut AnyConnection,
    rows: &[AnyRow],
) -> Result<Vec<DeviceRecord>, StoreError> {
    let mut records = Vec::with_capacity(rows.len());
    let mut positions = HashMap::with_capacity(rows.len());
    let mut parents = Vec::with_capacity(rows.len());
    for (position, row) in rows.iter().enumerate() {
        let record = row::device(row)?;
        let parent: Option<String> = row.try_get("parent_id")?;
        parents.push(parent.and_then(|id| positions.get(&id).copied()));
        positions.insert(record.id.clone(), position);
        records.push(record);
    }
    load_points(connection, &mut records, &positions).await?;
    Ok(nest(records, parents))
}

/// Every record into its parent. A parent stands before its children.
fn nest(mut records: Vec<DeviceRecord>, mut parents: Vec<Option<usize>>) -> Vec<DeviceRecord> {
    let mut roots = Vec::new();
    while let (Some(record), Some(parent)) = (records.pop(), parents.pop()) {
        let siblings = parent.and_then(|parent| records.get_mut(parent)).map(|parent| &mut parent.children);
        siblings.unwrap_or(&mut roots).push(record);
    }
    roots
}

async fn load_points(
    connection: &mut AnyConnection,
    records: &mut [DeviceRecord],
    positions: &HashMap<String, usize>,
) -> Result<(), StoreError> {
    let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    for ids in ids.chunks(batch::VALUES) {
        let list = batch::list(ids.len());
        let text = concat!("SELECT ", point_columns!(), " FROM assets a WHERE a.device_id IN (");
        let text = [text, &list, ") ORDER BY a.position"].concat();
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, id| query.bind(id));
        for row in &query.fetch_all(&mut *connection).await? {
            let device: String = row.try_get("device_id")?;
            let (asset, point) = row::point(row)?;
            if let Some(record) = positions.get(&device).and_then(|position| records.get_mut(*position)) {
                record.device.assets.push(asset);
                record.points.push(point);
            }
        }
    }
    Ok(())
}
