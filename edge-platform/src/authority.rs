//! Who may touch which device: the one answer for gRPC, HTTP and MQTT.

use std::sync::Arc;

use crate::store::{AssetPlace, Scope, Shelf, Store, StoreError};
use crate::token::{Access, Tokens};

/// Knows the tokens, and what devices belong to.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    /// Shared: every call has a clone.
    tokens: Arc<Tokens>,
    store: Store,
}

/// Whether a caller may touch a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// It may.
    Granted,
    /// It may not: the token is for another device.
    Denied,
    /// For this caller there is no such device.
    Unseen,
}

impl Authority {
    pub(crate) fn new(tokens: Tokens, store: Store) -> Self {
        Self { tokens: Arc::new(tokens), store }
    }

    /// What the presented token opens; `None`: nothing.
    pub(crate) fn access(&self, presented: Option<&str>) -> Option<Access> {
        self.tokens.access(presented)
    }

    /// Whether the device with that serial number may be touched. A device's token is also for all that
    /// are parts of it: it carries their messages. Callers for everything, and devices for themselves,
    /// cost no look-up.
    pub(crate) async fn permission(&self, access: &Access, sn: &str) -> Result<Permission, StoreError> {
        if is_granted_at_once(access, sn) {
            return Ok(Permission::Granted);
        }
        let lineage = self.store.lineage(sn).await?;
        let is_granted = lineage.is_some_and(|lineage| match access {
            Access::All => true,
            Access::Device(own) => lineage.ancestors.iter().any(|sn| sn == own.as_str()),
            Access::Organization(own) => lineage.organization_id == *own,
        });
        Ok(match access {
            _ if is_granted => Permission::Granted,
            Access::All | Access::Device(_) => Permission::Denied,
            Access::Organization(_) => Permission::Unseen,
        })
    }
}

/// Whether no look-up is needed to say yes.
pub(crate) fn is_granted_at_once(access: &Access, sn: &str) -> bool {
    match access {
        Access::All => true,
        Access::Device(own) => own.as_str() == sn,
        Access::Organization(_) => false,
    }
}

/// What a caller sees in lists.
pub(crate) fn scope(access: &Access) -> Scope<'_> {
    match access {
        Access::All => Scope::All,
        Access::Organization(id) => Scope::Organization(id),
        Access::Device(sn) => Scope::Device(sn.as_str()),
    }
}

/// What a caller sees in lists of one organization. The narrower ones are of more than one.
pub(crate) fn scope_in<'a>(access: &'a Access, organization_id: &'a str) -> Scope<'a> {
    match access {
        Access::All => Scope::Organization(organization_id),
        narrower => scope(narrower),
    }
}

/// Which organization a caller means that names this one, or none: it says nothing of others than its own. A device's token
/// names none: its organization is what the device is of. `None`: it may not name it.
pub(crate) fn organization<'a>(access: &'a Access, named: Option<&'a str>) -> Option<Shelf<'a>> {
    match (access, named) {
        (Access::All, named) => Some(Shelf::Organization(named.unwrap_or_default())),
        (Access::Organization(own), named) => {
            named.is_none_or(|named| named == own).then_some(Shelf::Organization(own))
        }
        (Access::Device(sn), None) => Some(Shelf::Device(sn.as_str())),
        (Access::Device(_), Some(_)) => None,
    }
}

impl Authority {
    /// The device and the name to which an asset's id belongs.
    pub(crate) async fn asset_place(&self, id: &str) -> Result<Option<AssetPlace>, StoreError> {
        self.store.asset_place(id).await
    }
}

#[cfg(test)]
impl Authority {
    /// Takes the database away.
    pub(crate) async fn close_for_test(&self) {
        self.store.close().await;
    }
}
