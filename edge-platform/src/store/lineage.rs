//! What a device belongs to: its organization, and the devices that it is a part of. Asked for with every
//! message of a token that is not for everything, so it is remembered for a short time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Row as _};

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

/// How many devices are remembered.
const CAPACITY: usize = 16 * 1024;

/// How long, for another platform may write to the same database. Our own writes end it at once.
const LIFE: Duration = Duration::from_secs(2);

/// What was found out, `None` for devices that are not registered.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineages(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    /// Grows when something was written: what was read before that is not remembered.
    writes: u64,
    found: HashMap<String, (Instant, Option<Lineage>)>,
}

impl Lineages {
    /// A device came, went, or belongs elsewhere.
    pub(super) fn forget(&self) {
        let mut memory = self.lock();
        memory.writes += 1;
        memory.found.clear();
    }

    fn get(&self, sn: &str, now: Instant) -> Result<Option<Lineage>, u64> {
        let memory = self.lock();
        match memory.found.get(sn) {
            Some((at, lineage)) if now.duration_since(*at) < LIFE => Ok(lineage.clone()),
            _ => Err(memory.writes),
        }
    }

    fn put(&self, sn: &str, lineage: Option<Lineage>, writes: u64, now: Instant) {
        let mut memory = self.lock();
        if memory.writes != writes {
            return;
        }
        if memory.found.len() >= CAPACITY {
            memory.found.clear();
        }
        memory.found.insert(sn.to_owned(), (now, lineage));
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // A map that a panic left behind is still a map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// What a device belongs to; `None` when it is not registered. It may be two seconds old when
    /// another process writes to the database.
    pub(crate) async fn lineage(&self, sn: &str) -> Result<Option<Lineage>, StoreError> {
        let now = Instant::now();
        let writes = match self.lineages.get(sn, now) {
            Ok(lineage) => return Ok(lineage),
            Err(writes) => writes,
        };
        let mut connection = self.pool.acquire().await?;
        let lineage = read(&mut connection, sn).await?;
        self.lineages.put(sn, lineage.clone(), writes, now);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_write_is_not_remembered() {
        let memory = Lineages::default();
        let now = Instant::now();
        let writes = memory.get("A", now).unwrap_err();
        memory.put("A", None, writes, now);
        assert_eq!(memory.get("A", now), Ok(None));
        assert!(memory.get("A", now + LIFE).is_err());
        memory.forget();
        assert!(memory.get("A", now).is_err());
        memory.put("A", None, writes, now);
        assert!(memory.get("A", now).is_err());
    }
}
