//! Devices and data points that go.

use sqlx::{AnyConnection, Row as _};

use super::edit::Extent;
use super::tree::{self, Key, Reach, tree};
use super::{DeviceRecord, EditError, Store, StoreError, lineage, lock, row, write};

/// A part of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A data point of the device with this serial number.
    Point { device: String },
    /// A child device with this serial number.
    Child { sn: String },
}

impl Store {
    /// What an id means; `None`: nothing, or a device that is no part of another one.
    pub(crate) async fn part(&self, id: &str) -> Result<Option<Part>, StoreError> {
        let query = "SELECT d.sn FROM assets a JOIN devices d ON d.id = a.device_id WHERE a.id = $1";
        if let Some(row) = sqlx::query(query).bind(id).fetch_optional(&self.pool).await? {
            return Ok(Some(Part::Point { device: row.try_get("sn")? }));
        }
        let record = self.header(Key::Id(id)).await?.map(|record| record.device);
        Ok(record.filter(|device| device.parent.is_some()).map(|device| Part::Child { sn: device.sn }))
    }

    /// Removes a data point.
    pub(crate) async fn remove_point(&self, device: &str, id: &str, version: u64) -> Result<(), EditError> {
        let remove = |record: &DeviceRecord, draft: &mut super::Draft| {
            let found = record.points.iter().position(|point| point.id == id).ok_or(EditError::NotFound)?;
            let name = draft.device.assets.remove(found).name;
            check(&name, version, record.points[found].version)
        };
        self.edit(Key::Sn(device), 0, Extent::Own, remove).await?;
        Ok(())
    }

    /// Deletes a device with its data points, their states, and its child devices. Returns the serial numbers of all
    /// that are gone.
    pub(crate) async fn delete(&self, id: &str, version: u64) -> Result<Vec<String>, EditError> {
        let mut transaction = self.begin_tree().await?;
        lock::device(&mut transaction, Key::Id(id)).await?;
        let record = tree::load(&mut transaction, Key::Id(id), Reach::Own).await?;
        let record = record.ok_or(EditError::NotFound)?;
        check(&record.device.sn, version, record.version)?;
        let gone = serial_numbers(&mut transaction, &record.id).await?;
        delete_tree(&mut transaction, &record.id).await?;
        if let Some(parent) = &record.device.parent
            && let Some(parent) = lineage::read(&mut transaction, parent).await?
        {
            write::touch(&mut transaction, &parent.id, row::now()).await?;
        }
        self.commit(transaction).await?;
        Ok(gone)
    }
}

fn check(name: &str, expected: u64, found: u64) -> Result<(), EditError> {
    if expected == 0 || expected == found {
        return Ok(());
    }
    Err(EditError::Conflict { name: name.to_owned(), expected, found })
}

/// The session number that old messages have must not be taken for a new device's. A device that never
/// had a session may go on without.
const RETIRE: &str = concat!(
    tree!("SELECT id FROM devices WHERE id = $2"),
    "INSERT INTO retired (sn, session) \
     SELECT d.sn, CASE WHEN d.session = 0 THEN 0 ELSE d.session + 1 END \
     FROM devices d JOIN tree t ON t.id = d.id WHERE d.id IS NOT NULL \
     ON CONFLICT (sn) DO UPDATE SET session = excluded.session"
);

/// All that goes, in the order in which nothing is left without what it belongs to.
const DELETES: [&str; 5] = [
    concat!(
        tree!("SELECT id FROM devices WHERE id = $2"),
        "DELETE FROM reports WHERE device_id IN (SELECT id FROM tree)"
    ),
    concat!(
        tree!("SELECT id FROM devices WHERE id = $2"),
        "DELETE FROM history WHERE asset_id IN \
         (SELECT a.id FROM assets a JOIN tree t ON a.device_id = t.id)"
    ),
    concat!(
        tree!("SELECT id FROM devices WHERE id = $2"),
        "DELETE FROM states WHERE asset_id IN \
         (SELECT a.id FROM assets a JOIN tree t ON a.device_id = t.id)"
    ),
    concat!(
        tree!("SELECT id FROM devices WHERE id = $2"),
        "DELETE FROM assets WHERE device_id IN (SELECT id FROM tree)"
    ),
    concat!(
        tree!("SELECT id FROM devices WHERE id = $2"),
        "DELETE FROM devices WHERE id IN (SELECT id FROM tree)"
    ),
];

const SERIAL_NUMBERS: &str = concat!(
    tree!("SELECT id FROM devices WHERE id = $2"),
    "SELECT d.sn FROM devices d JOIN tree t ON t.id = d.id"
);

/// Those of a device and of all that are parts of it.
async fn serial_numbers(connection: &mut AnyConnection, id: &str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(SERIAL_NUMBERS).bind(Reach::Tree.levels()).bind(id).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(row.try_get("sn")?)).collect()
}

/// Deletes a device and all that it has, in the transaction of its caller.
pub(super) async fn delete_tree(connection: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    for statement in [RETIRE].iter().chain(&DELETES) {
        sqlx::query(*statement).bind(Reach::Tree.levels()).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}
