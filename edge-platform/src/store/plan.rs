//! What a change comes to: from the device as it is and as it is to be, to the rows that must be written.
//! No I/O.

use std::collections::HashMap;

use edge_proto::Device;

use super::error::MAX_POINTS;
use super::{Declared, DeviceRecord, EditError};

/// What a change may touch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) device: Device,
    pub(crate) organization_id: String,
    /// The child devices that there are to be; `None`: those that there are.
    pub(crate) children: Option<Vec<Declared>>,
}

impl Draft {
    /// No change.
    pub(super) fn of(record: &DeviceRecord) -> Self {
        Self {
            device: record.device.clone(),
            organization_id: record.organization_id.clone(),
            children: None,
        }
    }
}

/// A device whose row is written, with those of its assets that differ.
#[derive(Debug)]
pub(super) struct Update<'a> {
    pub(super) before: &'a DeviceRecord,
    pub(super) device: Device,
    pub(super) organization_id: String,
}

/// A new child device.
#[derive(Debug)]
pub(super) struct Insert<'a> {
    pub(super) parent_id: &'a str,
    pub(super) organization_id: String,
    pub(super) child: Declared,
}

/// All that must be written.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) updates: Vec<Update<'a>>,
    pub(super) inserts: Vec<Insert<'a>>,
    /// Ids of devices that go, with what they have.
    pub(super) deletes: Vec<&'a str>,
}

impl<'a> Plan<'a> {
    /// Compares. With a version: only if `record` is that one, or nothing changes.
    pub(super) fn new(record: &'a DeviceRecord, draft: Draft, version: u64) -> Result<Self, EditError> {
        let mut plan = Self::default();
        plan.compare(record, draft, version)?;
        Ok(plan)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.updates.len() + self.inserts.len() + self.deletes.len()
    }

    fn compare(&mut self, before: &'a DeviceRecord, draft: Draft, expected: u64) -> Result<(), EditError> {
        let start = self.len();
        let Draft { device, organization_id, children } = draft;
        let membership = match children {
            Some(children) => self.compare_children(before, children, &organization_id)?,
            None if organization_id != before.organization_id => {
                for child in &before.children {
                    let organization_id = organization_id.clone();
                    self.compare(child, Draft { organization_id, ..Draft::of(child) }, 0)?;
                }
                false
            }
            None => false,
        };
        if membership || device != before.device || organization_id != before.organization_id {
            check(&device)?;
            self.updates.push(Update { before, device, organization_id });
        }
        if self.len() > start && expected != 0 && expected != before.version {
            let name = before.device.sn.clone();
            return Err(EditError::Conflict { name, expected, found: before.version });
        }
        Ok(())
    }

    /// Whether a child comes or goes.
    fn compare_children(
        &mut self,
        before: &'a DeviceRecord,
        children: Vec<Declared>,
        organization_id: &str,
    ) -> Result<bool, EditError> {
        let mut old: HashMap<&str, &DeviceRecord> =
            before.children.iter().map(|child| (child.device.sn.as_str(), child)).collect();
        let mut membership = false;
        for child in children {
            let organization_id = organization_id.to_owned();
            if let Some(found) = old.remove(child.device.sn.as_str()) {
                let Declared { device, version, children } = child;
                self.compare(found, Draft { device, organization_id, children: Some(children) }, version)?;
            } else {
                membership = true;
                self.inserts.push(Insert { parent_id: &before.id, organization_id, child });
            }
        }
        membership |= !old.is_empty();
        self.deletes.extend(old.into_values().map(|gone| gone.id.as_str()));
        Ok(membership)
    }
}

fn check(device: &Device) -> Result<(), EditError> {
    if device.assets.len() > MAX_POINTS {
        return Err(EditError::TooMany { device: device.sn.clone() });
    }
    Ok(device.check()?)
}
