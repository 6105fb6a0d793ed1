//! Changes of a registered device: one transaction, all or nothing, against the version that the
//! change was planned with.

use sqlx::AnyConnection;

use super::plan::{Draft, Plan};
use super::tree::{self, Key, MAX_LEVELS, Reach};
use super::{Declared, DeviceRecord, EditError, Store, lineage, lock, register, row, write};

/// How far a change may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The device's own fields and data points; neither its parent nor its organization.
    Own,
    /// All of it, child devices included.
    Tree,
}

impl Store {
    /// Applies `change` to the device. With a `version` other than 0: only if it still is that one. A
    /// change that changes nothing writes nothing, and the version stays and is not looked at.
    pub(crate) async fn edit(
        &self,
        key: Key<'_>,
        version: u64,
        extent: Extent,
        change: impl FnOnce(&DeviceRecord, &mut Draft) -> Result<(), EditError> + Send,
    ) -> Result<DeviceRecord, EditError> {
        let (mut transaction, reach) = match extent {
            Extent::Own => (self.pool.begin().await?, Reach::Own),
            Extent::Tree => (self.begin_tree().await?, Reach::Tree),
        };
        lock::device(&mut transaction, key).await?;
        let record = tree::load(&mut transaction, key, reach).await?.ok_or(EditError::NotFound)?;
        let mut draft = Draft::of(&record);
        change(&record, &mut draft)?;
        let parents = match extent {
            Extent::Own => None,
            Extent::Tree => place(&mut transaction, &record, &mut draft).await?,
        };
        let plan = Plan::new(&record, draft, version)?;
        if plan.is_empty() {
            return Ok(record);
        }
        write::apply(&mut transaction, &plan).await?;
        if let Some(Parents { old, new }) = parents {
            write::set_parent(&mut transaction, &record.id, new.as_deref()).await?;
            for parent in [old, new].into_iter().flatten() {
                write::touch(&mut transaction, &parent, row::now()).await?;
            }
        }
        let record = tree::load(&mut transaction, key, reach).await?.ok_or(EditError::NotFound)?;
        self.commit(transaction).await?;
        Ok(record)
    }
}

/// A device goes from one parent to another: their ids.
struct Parents {
    old: Option<String>,
    new: Option<String>,
}

/// Checks where the changed device belongs; what belongs to a device is its organization's.
async fn place(
    connection: &mut AnyConnection,
    record: &DeviceRecord,
    draft: &mut Draft,
) -> Result<Option<Parents>, EditError> {
    let sn = &record.device.sn;
    let (is_moved, is_given) = (draft.device.parent != record.device.parent, draft.children.is_some());
    let mut levels_above = 0;
    let mut new = None;
    if let Some(parent_sn) = draft
        .device
        .parent
        .clone()
        .filter(|_| is_moved || is_given || draft.organization_id != record.organization_id)
    {
        if parent_sn == *sn {
            return Err(EditError::Cycle { sn: sn.clone() });
        }
        let unknown = EditError::Parent { sn: parent_sn.clone() };
        let parent = lineage::read(connection, &parent_sn).await?.ok_or(unknown)?;
        if parent.ancestors.contains(sn) {
            return Err(EditError::Cycle { sn: sn.clone() });
        }
        let given = std::mem::replace(&mut draft.organization_id, parent.organization_id.clone());
        if !given.is_empty() && given != parent.organization_id && given != record.organization_id {
            return Err(EditError::Organization { sn: sn.clone() });
        }
        levels_above = parent.levels();
        new = Some(parent.id);
    }
    check_levels(record, draft, levels_above)?;
    if !is_moved {
        return Ok(None);
    }
    let old = match &record.device.parent {
        Some(sn) => lineage::read(connection, sn).await?.map(|parent| parent.id),
        None => None,
    };
    Ok(Some(Parents { old, new }))
}

fn check_levels(record: &DeviceRecord, draft: &Draft, above: usize) -> Result<(), EditError> {
    let height = match &draft.children {
        None => height(record),
        Some(children) => {
            children.iter().try_for_each(|child| register::check(child, above + 1))?;
            1 + children.iter().map(Declared::height).max().unwrap_or_default()
        }
    };
    if above + height > MAX_LEVELS { Err(EditError::TooDeep) } else { Ok(()) }
}

fn height(record: &DeviceRecord) -> usize {
    1 + record.children.iter().map(height).max().unwrap_or_default()
}
