//! What a device belongs to: its organization, and the devices that it is a part of. Asked for with every
//! message of a token that is not for everything, so it is remembered for a short time.

use std::time::Instant;

use sqlx::{AnyConnection, Row as _};

use super::remembered::Remembered;
use super::tree::MAX_LEVELS;
use super::{Store, StoreError};

/// What a device belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lineage {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    /// Serial numbers: the parent first.
    pub(crate) ancestors: Vec<String>,
}

impl Lineage {
    /// How many levels of devices there are, down to this one.
    pub(super) fn levels(&self) -> usize {
        self.ancestors.len() + 1
    }
}

/// `None` for devices that are not registered.
pub(super) type Lineages = Remembered<Option<Lineage>>;

impl Store {
    /// What a device belongs to; `None` when it is not registered. It may be two seconds old when
    /// another process writes to the database.
    pub(crate) async fn lineage(&self, sn: &str) -> Result<Option<Lineage>, StoreError> {
        let now = Instant::now();
        let unknown = match self.lineages.get(sn, now) {
            Ok(lineage) => return Ok(lineage),
            Err(unknown) => unknown,
        };
        let mut connection = self.pool.acquire().await?;
        let lineage = read(&mut connection, sn).await?;
        self.lineages.put(sn, lineage.clone(), unknown, now);
        Ok(lineage)
    }
}

/// Asks the database.
pub(super) async fn read(connection: &mut AnyConnection, sn: &str) -> Result<Option<Lineage>, StoreError> {
    let rows = sqlx::query(
        "WITH RECURSIVE line (id, parent_id, level) AS (\
         SELECT id, parent_id, CAST(0 AS BIGINT) FROM devices WHERE sn = $1 \
         UNION ALL SELECT p.id, p.parent_id, l.level + 1 FROM line l JOIN devices p ON p.id = l.parent_id \
         WHERE l.level < $2) \
         SELECT d.id, d.sn, d.organization_id FROM line l JOIN devices d ON d.id = l.id ORDER BY l.level",
    )
    .bind(sn)
    .bind(MAX_LEVELS as i64)
    .fetch_all(connection)
    .await?;
    let Some((device, ancestors)) = rows.split_first() else { return Ok(None) };
    Ok(Some(Lineage {
        id: device.try_get("id")?,
        organization_id: device.try_get("organization_id")?,
        ancestors: ancestors.iter().map(|row| row.try_get("sn")).collect::<Result<_, _>>()?,
    }))
}
